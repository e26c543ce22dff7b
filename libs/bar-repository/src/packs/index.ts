/** Packed days: ready-made day chunks in PostgreSQL. */
export { type PackCounts, packDays } from './pack-days.js';
export { gridKey, hasPacks, type PackReceiver, readPacked, withSnapshot } from './packed-days.js';
