/**
 * Bar quality and the counts under it. Every expected slot is in exactly one count:
 * `expected = streamed + backfilled + noTrade + unfillable + absent + missing` (I6). Pure.
 */
import { countBits, hasBit } from './chunk.js';
import { BACKFILLED, statusOf } from './gaps.js';

/** Slots before a frontier, by what became of them. */
export interface SlotCounts {
  /** All of them: the sum of filled, noTrade, unfillable, absent and missing. */
  expected: number;
  /** Have a bar: streamed or backfilled. */
  filled: number;
  /** Their bar came with the stream. */
  streamed: number;
  /** Their bar came from a repository. */
  backfilled: number;
  /** A complete source confirms that nothing traded. */
  noTrade: number;
  /** Asked for as often as the spec says, without an answer that has a bar. */
  unfillable: number;
  /** Asked for, without a bar so far. */
  absent: number;
  /** Not asked for yet. */
  missing: number;
}

export function noCounts(): SlotCounts {
  return { expected: 0, filled: 0, streamed: 0, backfilled: 0, noTrade: 0, unfillable: 0, absent: 0, missing: 0 };
}

const COUNT_OF = { missing: 'missing', absent: 'absent', unfillable: 'unfillable', 'no-trade': 'noTrade' } as const;

/** Adds the slots `[0, to)` of one day to `counts`. `states` is undefined for a day in which nothing was ever missing. */
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
  if (filled < to || states) {
    for (let slot = 0; slot < to; slot++) {
      const state = states?.[slot] ?? 0;
      if (!hasBit(bitmap, slot)) counts[COUNT_OF[statusOf(state)]]++;
      else if (state === BACKFILLED) backfilled++;
    }
  }
  counts.backfilled += backfilled;
  counts.streamed += filled - backfilled;
  return counts;
}

/** Filled slots of expected ones in percent, 0 to 100; 100 when nothing is expected, for then nothing is missing. */
export function barQuality(counts: Pick<SlotCounts, 'filled' | 'expected'>): number {
  return counts.expected === 0 ? 100 : (counts.filled / counts.expected) * 100;
}
