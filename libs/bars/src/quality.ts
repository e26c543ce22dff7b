/**
 * Bar quality, and its counts. Every expected slot is in exactly one count (invariant I6 of docs/ARCHITECTURE.md):
 * `expected = streamed + backfilled + noTrade + unfillable + absent + missing`. Pure.
 */
import { countBits, hasBit } from './chunk.js';
import { BACKFILLED, statusOf } from './gaps.js';

/** Numbers of slots before a frontier, by status. */
export interface SlotCounts {
  /** All of them: the sum of filled, noTrade, unfillable, absent and missing. */
  expected: number;
  /** With a bar: streamed or backfilled. */
  filled: number;
  /** With a bar from the stream. */
  streamed: number;
  /** With a bar from a repository. */
  backfilled: number;
  /** Empty, and a dataset that is declared complete confirms that nothing traded. */
  noTrade: number;
  /** Empty after the last request that the spec allows (`maxRetries`): each was answered without the bar. */
  unfillable: number;
  /** Empty after at least one request that was answered without the bar, or in a session without a repository. */
  absent: number;
  /** Empty, not requested yet. */
  missing: number;
}

/** Counts of no slot, to which {@link addDayCounts} adds. */
export function noCounts(): SlotCounts {
  return { expected: 0, filled: 0, streamed: 0, backfilled: 0, noTrade: 0, unfillable: 0, absent: 0, missing: 0 };
}

/** By status of an empty slot, the field of {@link SlotCounts} that counts it. */
export const COUNTED_AS = {
  missing: 'missing',
  absent: 'absent',
  unfillable: 'unfillable',
  'no-trade': 'noTrade',
} as const;

/** Adds the slots `[0, to)` of one day to `counts`, and returns it. @param states undefined when upkeep never found a gap in the day */
export function addDayCounts(
  counts: SlotCounts,
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  to: number,
): SlotCounts {
  const filled = countBits(bitmap, 0, to);
  counts.expected += to;
  counts.filled += filled;
  let backfilled = 0;
  // A full day without states has neither an empty slot nor a backfilled one.
  if (filled < to || states) {
    for (let slot = 0; slot < to; slot++) {
      const state = states?.[slot] ?? 0;
      if (!hasBit(bitmap, slot)) counts[COUNTED_AS[statusOf(state)]]++;
      else if (state === BACKFILLED) backfilled++;
    }
  }
  counts.backfilled += backfilled;
  counts.streamed += filled - backfilled;
  return counts;
}

/**
 * Filled slots in percent of those that can be filled: `filled / (expected − noTrade)`, 0 to 100.
 * It is 100 when no slot can be filled, because then none is missing.
 */
export function barQuality({ filled, expected, noTrade }: Pick<SlotCounts, 'filled' | 'expected' | 'noTrade'>): number {
  const fillable = expected - noTrade;
  return fillable === 0 ? 100 : (filled / fillable) * 100;
}

/** A percentage with two decimals: `99.94 %`. Rounds down, so that `100.00 %` is never shown for less than 100. */
export function percentText(percent: number): string {
  // The small addend offsets the rounding of binary fractions: 0.29 * 100 is 28.999999999999996.
  const hundredths = Math.floor(percent * 100 + 1e-9);
  const shownHundredths = percent < 100 ? Math.min(hundredths, 9_999) : hundredths; // the addend must not turn 99.999… into 100.00
  return `${(shownHundredths / 100).toFixed(2)} %`;
}
