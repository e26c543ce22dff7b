/**
 * When the slots of an interval open and close, over all days of a session: worked out once for all symbols, and again only
 * when another time is asked for. Pure.
 */
import type { DayGrid, Interval } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';

/** Slots that open before it are closed at `time`, the day's others are not; both epoch ms. */
export function openLimit(grid: DayGrid, time: number): number {
  const closed = grid.closedBy(time);
  return closed < grid.slotCount ? grid.openTime(closed) : grid.close;
}

/** Of one interval. */
export class SlotClock {
  private asked = NaN;
  private limit = 0;
  private grid: DayGrid;

  constructor(
    private readonly layout: SessionLayout,
    readonly interval: Interval,
  ) {
    this.grid = layout.grid(0, interval);
  }

  /** Slots that open before it are closed at `time`, all others are not; both epoch ms. */
  openLimit(time: number): number {
    if (time !== this.asked) {
      this.limit = openLimit(this.layout.grid(dayAtClock(this.layout, time), this.interval), time);
      this.asked = time;
    }
    return this.limit;
  }

  /** When the slot closes that opens at a time, epoch ms. */
  closeTime(openTime: number): number {
    if (openTime < this.grid.open || openTime >= this.grid.close) {
      this.grid = this.layout.grid(this.layout.dayIndexAt(openTime), this.interval);
    }
    return this.grid.closeTime(Number(this.grid.slotAt(openTime)));
  }
}

const clocks = new WeakMap<SessionLayout, Map<string, SlotClock>>();

/** The clock of an interval of a session, one for all who ask. */
export function slotClock(layout: SessionLayout, interval: Interval): SlotClock {
  let known = clocks.get(layout);
  if (!known) clocks.set(layout, (known = new Map<string, SlotClock>()));
  let clock = known.get(interval.name);
  if (!clock) known.set(interval.name, (clock = new SlotClock(layout, interval)));
  return clock;
}

const opens = new WeakMap<DayGrid, Float64Array>();

/** When the slots of a day open, by slot, epoch ms. */
export function slotOpens(grid: DayGrid): Float64Array {
  let times = opens.get(grid);
  if (!times) {
    times = new Float64Array(grid.slotCount);
    for (let slot = 0; slot < grid.slotCount; slot++) times[slot] = grid.openTime(slot);
    opens.set(grid, times);
  }
  return times;
}
