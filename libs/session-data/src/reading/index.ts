/** Reads of a session's store, as of its clock. */
export { type BarsPart } from './all-bars.js';
export { changedDates, type StoreCertificate, daysHashOf } from './certificate.js';
export { ClockedReads } from './clocked-reads.js';
export { CELL_COUNTS, CountedDays } from './counted-days.js';
export { type DayCounts, type DayCountsQuery } from './slot-counts.js';
export { countMissingBars } from './position.js';
export { readDifference, type SessionDifference } from './difference.js';
export { openSession } from './find-session.js';
export { dayAtClock } from './chunk-part.js';
export { type OutsideRows } from './refusals.js';
export { type FillOptions } from './bar-series.js';
export { OpenSession } from './open-session.js';
