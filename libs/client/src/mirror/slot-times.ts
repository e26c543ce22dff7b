/** Open and close times of a day's slots as arrays, worked out once for a day: most of what is asked of a grid a bar. Pure. */
import type { DayGrid } from '@barkeep/bars';

/** By slot, epoch ms. */
export interface SlotTimes {
  opens: Float64Array;
  closes: Float64Array;
}

const known = new WeakMap<DayGrid, SlotTimes>();

/** The times of all slots of a day. */
export function slotTimes(grid: DayGrid): SlotTimes {
  let times = known.get(grid);
  if (!times) {
    times = { opens: new Float64Array(grid.slotCount), closes: new Float64Array(grid.slotCount) };
    for (let slot = 0; slot < grid.slotCount; slot++) {
      times.opens[slot] = grid.openTime(slot);
      times.closes[slot] = grid.closeTime(slot);
    }
    known.set(grid, times);
  }
  return times;
}
