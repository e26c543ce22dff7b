/** The picture of symbols and trading days. */
export { coloursOf } from './drawing.js';
export { Heatmap, type Place } from './heatmap.js';
