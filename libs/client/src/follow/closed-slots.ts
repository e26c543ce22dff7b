/** Finds which slots of an interval close in each of several consecutive steps. Pure. */
import type { DayGrid } from '@barkeep/bars';
import { openLimit } from '../mirror/index.js';

/** The steps of a batch in which slots of one interval close. The arrays have one element per such step. */
export interface ClosedSlots {
  /** Index of the step in the batch. */
  steps: Int32Array;
  /** Number of slots that close in the step. */
  slots: Int32Array;
  /** Rows of the first step open at this time or later, epoch ms. */
  openFrom: number;
  /** Rows of the step open before this time, epoch ms. The rows of the next step open at this time or later. */
  openBefore: Float64Array;
}

/**
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
  const steps = new Int32Array(times.length);
  const slots = new Int32Array(times.length);
  const openBefore = new Float64Array(times.length);
  let listed = 0;
  let closedBefore = grid.closedBy(after);
  for (let step = 0; step < times.length; step++) {
    const closedNow = grid.closedBy(times[step]!);
    if (closedNow === closedBefore && !includesEmpty) continue;
    steps[listed] = step;
    slots[listed] = closedNow - closedBefore;
    openBefore[listed++] = openLimit(grid, times[step]!);
    closedBefore = closedNow;
  }
  return {
    steps: steps.subarray(0, listed),
    slots: slots.subarray(0, listed),
    openFrom: openLimit(grid, after),
    openBefore: openBefore.subarray(0, listed),
  };
}
