/** Values that many answers share. */
import { z } from 'zod';

export const time = z.iso.datetime().describe('ISO 8601, UTC');

/** A trading date, YYYY-MM-DD. */
export const date = z.iso.date();

/** A number of slots, bars or occurrences. */
export const count = z.int().min(0);

export const texts = z.array(z.string());

/** 64 hexadecimal digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Slots by state. Each expected slot is counted in exactly one of the fields from `streamed` to `missing`. */
export const slotCounts = {
  expected: count,
  filled: count.describe('streamed + backfilled'),
  streamed: count.describe('the bar came with the stream'),
  backfilled: count.describe('the bar came from a repository'),
  noTrade: count.describe('empty; a complete source confirms that nothing traded'),
  unfillable: count.describe('empty; given up after maxRetries requests'),
  absent: count.describe('empty; a repository answered without the bar, or the session has no repository'),
  missing: count.describe('empty; no repository was asked yet'),
};

/** Rows of the source that have no slot. */
export const outsideCounts = {
  outside: count.describe('rows of the source that have no slot, in hours that the calendar does not know'),
  extended: count.describe('rows of the source in extended hours of the calendar that the session does not have'),
};
