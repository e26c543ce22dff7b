/** Finds which slots of an interval close in each of several consecutive steps. Pure. */
import type { DayGrid } from '@barkeep/bars';
import { openLimit } from '../mirror/index.js';

/** The steps of a batch in which slots of one interval close. Each array has one element per such step. */
export interface ClosedSlots {
  /** Index of the step in the batch. */
  stepIndexes: Int32Array;
  /** Number of slots that close in the step. */
  slotCounts: Int32Array;
  /** The first step has the rows that open at this time or later, epoch ms. */
  openFrom: number;
  /** The step has the rows that open before this time, epoch ms, and that no earlier step has. */
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
