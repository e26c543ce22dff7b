/** The streaming side of a session's store: fence, flush, clock, retention, removal. */
export { countBars, noteHistory, readHistory } from './history.js';
export { noteOutside, type OutsideDay, outsideTo, readOutside } from './outside.js';
export { forget, removeLeftover, removeSession, retireBefore } from './remove.js';
export { ReturnedKeys } from './returned-keys.js';
export { noFigures, readStreamFigures, type StreamFigures, type StreamWait } from './stream-figures.js';
export { type PartitionWindow } from './window-flush.js';
export * from './writer.js';
