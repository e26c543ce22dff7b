/** What reading a time gives. */
import type { Instant } from './wall-time.js';

/** Why a time cannot be used. */
export type TimeProblem = Exclude<Instant, number> | 'unreadable-time' | 'date-without-time' | 'excel-serial';
/** Epoch ms, or why the time cannot be used. */
export type RowTime = number | TimeProblem;
/** Reads the time in `bytes[start, end)`. */
export type TimeParser = (bytes: Uint8Array, start: number, end: number) => RowTime;
