/** Finds which slots of an interval close in each of several consecutive steps. Pure. */
import type { DayGrid } from '@barkeep/bars';
import { openLimit } from '../mirror/index.js';

/**
 * The listed steps: the steps of a batch in which slots of one interval close. Element i of each array belongs to the i-th listed step.
 * The bars of listed step i open in `[openBefore[i - 1], openBefore[i])`; the bars of the first one open in `[openFrom, openBefore[0])`.
 */
export interface ClosedSlots {
  /** Index of the step in the batch. */
  stepIndexes: Int32Array;
  /** The largest number of slots that close in one of the steps. */
  slotsMax: number;
  /** The bars of the first listed step open at this time or later, epoch ms. */
  openFrom: number;
  /** The bars of the step open before this time, epoch ms. */
  openBefore: Float64Array;
}

/**
 * The slots of one interval that close in the steps of a batch. For 5m and the steps at 9:33, 9:34, 9:35 and 9:36, only the step at 9:35 is
 * listed: its index is 2, and its bar opens in `[9:30, 9:35)`.
 * @param after the time of the step before the batch, epoch ms: slots that had closed by then belong to earlier steps
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
  const openBefore = new Float64Array(times.length);
  let listed = 0;
  let slotsMax = 0;
  let earlierCount = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closedCount = grid.closedBy(times[step]!);
    if (closedCount === earlierCount && !includesEmpty) continue;
    stepIndexes[listed] = step;
    slotsMax = Math.max(slotsMax, closedCount - earlierCount);
    openBefore[listed] = openLimit(grid, times[step]!);
    listed++;
    earlierCount = closedCount;
  }
  return {
    stepIndexes: stepIndexes.subarray(0, listed),
    slotsMax,
    openFrom: openLimit(grid, after),
    openBefore: openBefore.subarray(0, listed),
  };
}
