/** The heatmap of symbols and trading days. */
export { coloursOf } from './drawing.js';
export { Heatmap } from './heatmap.js';
export { Legend } from './legend.js';
export { markAfter, type Marked, markedSymbols } from './layout.js';
