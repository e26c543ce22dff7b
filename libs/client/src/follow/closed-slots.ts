/** Finds which slots of an interval close in each of several consecutive steps. Pure. */
import type { DayGrid } from '@barkeep/bars';
import { openLimit } from '../mirror/index.js';

/**
 * The steps of a batch in which slots of one interval close. Each array has one element per listed step. The rows of the i-th one
 * open at `openBefore[i - 1]` or later (of the first one: at `openFrom`), and before `openBefore[i]`.
 */
export interface ClosedSlots {
  /** Index of the step in the batch. */
  stepIndexes: Int32Array;
  /** Number of slots that close in the step. */
  slotCounts: Int32Array;
  /** Where the rows of the first listed step begin, epoch ms. */
  openFrom: number;
  /** Where the rows of the step end, epoch ms, exclusive. */
  openBefore: Float64Array;
}

/**
 * The slots of one interval that close in the steps of a batch.
 * @param after the first step has the slots that closed after this time, epoch ms
 * @param times of the steps, epoch ms
 * @param includesEmpty also lists steps in which no slot of the interval closes
 */
export function closedSlotsOf(
  grid: DayGrid,
  after: number,
  times: readonly number[],
  includesEmpty: boolean,
): ClosedSlots {
  const stepIndexes = new Int32Array(times.length);
  const slotCounts = new Int32Array(times.length);
  const openBefore = new Float64Array(times.length);
  let listed = 0;
  let closedBefore = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closedNow = grid.closedBy(times[step]!);
    if (closedNow === closedBefore && !includesEmpty) continue;
    stepIndexes[listed] = step;
    slotCounts[listed] = closedNow - closedBefore;
    openBefore[listed] = openLimit(grid, times[step]!);
    listed++;
    closedBefore = closedNow;
  }
  return {
    stepIndexes: stepIndexes.subarray(0, listed),
    slotCounts: slotCounts.subarray(0, listed),
    openFrom: openLimit(grid, after),
    openBefore: openBefore.subarray(0, listed),
  };
}
