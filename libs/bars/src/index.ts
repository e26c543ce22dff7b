/** Bars, slots, gaps, calendars and the session spec: the rules of Barkeep without any I/O. */
export { aggregateCascade, aggregateInto, closedBuckets, planCascade, planDerived } from './aggregate.js';
export type { DerivedPlan } from './aggregate.js';
export { anySignal } from './any-signal.js';
export { fewestAsks, firstMissing, planFill, retryAt, slotsToAsk } from './backfill.js';
export type { DatasetAnswer, FillPlan } from './backfill.js';
export { FILLS, refuseBar, refuseValues } from './bar.js';
export type { Bar, BarOrigin, Fill, Prices, RefusalReason, ShownBar, StoredBar } from './bar.js';
export * from './calendar/index.js';
export { chunkOfPart, fillPart } from './chunk-part.js';
export {
  bitmapBytes,
  chunkBytes,
  countBits,
  DayChunk,
  hasBit,
  ORIGIN_CODES,
  ORIGIN_OFFSET,
  RECORD_BYTES,
  recordOffset,
} from './chunk.js';
export { type FieldProblem, problemsOf, shown } from './field-problems.js';
export { type BarDifference, firstDifference } from './first-difference.js';
export { fillForward, formingBar, type FormingBucket, formingBucket } from './shown-bars.js';
export {
  ABSENT_UNASKED,
  ASKS_MAX,
  BACKFILLED,
  emptyRuns,
  gapsOf,
  type GapStatus,
  LATE,
  NO_TRADE,
  type SlotGap,
  type SlotRange,
  statusOf,
  summarizeGaps,
  UNFILLABLE,
} from './gaps.js';
export * from './interval.js';
export * from './membership.js';
export { orAborted } from './or-aborted.js';
export { OverrunMeter, PaceOverrunError, PaceSchedule, TradingTime } from './pace.js';
export { addDayCounts, barQuality, COUNTED_AS, noCounts, percentText, type SlotCounts } from './quality.js';
export * from './spec/index.js';
export { isUnknownSymbolsWarning, SESSION_STATES, type SessionState, unknownSymbolsWarning } from './session.js';
export { bucketStarts, DayGrid } from './slots.js';
export {
  areMostlyApart,
  distancesOf,
  greatestCommonDivisor,
  shortSpacingOf,
  sortedTimes,
  spacingOf,
} from './spacing.js';
