/** Open and close times of an interval's slots on all days of a session. One instance serves all symbols, and caches results. Pure. */
import type { DayGrid, Interval } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';

/** A limit for open times: the slots of the day that open before it are closed at `time`, all others are not. Both epoch ms. */
export function openLimit(grid: DayGrid, time: number): number {
  const closed = grid.closedBy(time);
  return closed < grid.slotCount ? grid.openTime(closed) : grid.close;
}

/** The slot times of one interval. */
export class SlotClock {
  /** The last result of {@link openLimit}, and the time for which it was computed. */
  private limit = 0;
  private cachedFor = NaN;
  /** The grid of the day that {@link closeTime} used last. */
  private grid: DayGrid;

  constructor(
    private readonly layout: SessionLayout,
    readonly interval: Interval,
  ) {
    this.grid = layout.grid(0, interval);
  }

  /** A limit for open times: the slots of any day that open before it are closed at `time`, all others are not. Both epoch ms. */
  openLimit(time: number): number {
    if (time !== this.cachedFor) {
      this.limit = openLimit(this.layout.grid(dayAtClock(this.layout, time), this.interval), time);
      this.cachedFor = time;
    }
    return this.limit;
  }

  /** Close time of the slot that opens at `openTime`, both epoch ms. */
  closeTime(openTime: number): number {
    if (openTime < this.grid.open || openTime >= this.grid.close) {
      this.grid = this.layout.grid(this.layout.dayIndexAt(openTime), this.interval);
    }
    return this.grid.closeTime(Number(this.grid.slotAt(openTime))); // a number, as the open time of a bar always has a slot
  }
}

const clocks = new WeakMap<SessionLayout, Map<string, SlotClock>>();

/** The slot clock of a session's interval; the same instance for every caller. */
export function slotClock(layout: SessionLayout, interval: Interval): SlotClock {
  let byInterval = clocks.get(layout);
  if (!byInterval) clocks.set(layout, (byInterval = new Map<string, SlotClock>()));
  let clock = byInterval.get(interval.name);
  if (!clock) byInterval.set(interval.name, (clock = new SlotClock(layout, interval)));
  return clock;
}

const opens = new WeakMap<DayGrid, Float64Array>();

/** Open times of a day's slots, epoch ms; the same array for every caller. */
export function slotOpens(grid: DayGrid): Float64Array {
  let times = opens.get(grid);
  if (!times) {
    times = new Float64Array(grid.slotCount);
    for (let slot = 0; slot < grid.slotCount; slot++) times[slot] = grid.openTime(slot);
    opens.set(grid, times);
  }
  return times;
}
