/** Packed days: day chunks stored beside the rows. */
export { type PackCounts, packDays } from './pack-days.js';
export { gridKey, hasPacks, placePart, readPacked, withSnapshot } from './packed-days.js';
export { type PackReceiver } from './packed-parser.js';
