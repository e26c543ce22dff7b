/** Splits text into rows and reads numbers from their bytes. */
export { decimalAt, type NumberReader, numberReader, type NumberStyle } from './decimal.js';
export { JsonRows } from './json-rows.js';
export {
  fieldText,
  KEY_SEPARATOR,
  lastKey,
  type Row,
  type RowHandler,
  rowOf,
  type RowProblem,
  rowTexts,
  type Splitter,
} from './row.js';
export { RowSplitter, splitterOf } from './row-splitter.js';
