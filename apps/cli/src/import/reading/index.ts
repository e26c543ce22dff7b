/** Turns rows into bars, or refuses them. */
export { BarReader, type BarReaderOptions } from './bar-reader.js';
export { FilePlanError, type ImportRefusal, type RowSink, timeText } from './refusals.js';
export { type PriceFields, PRICE_NAMES, type RowLayout, type ValueFields } from './row-layout.js';
export { isNoSymbol, type SymbolCase, SymbolNames } from './symbol-names.js';
