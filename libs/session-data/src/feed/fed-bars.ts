/** Sorts fed bars by their slots, and refuses bars that have no slot or invalid values. Pure. */
import { type Bar, calendarNamed, isExtendedTime, type RefusalReason, refuseBar } from '@barkeep/bars';
import { EXTENDED_HOURS, isOutsideReason, type SessionLayout } from '../layout/index.js';

/** Why a fed bar is not stored: a reason for any bar, or one that only a feed has. Conflicts are counted separately. */
export type FeedRefusal = Exclude<RefusalReason, 'conflict'> | 'outside-session' | 'retired';

/** Bars of one day: their positions in the call, and their slots. */
export interface DayBars {
  positions: number[];
  slots: number[];
}

interface SortedBars {
  /** The bars that have a slot, by index of the day. */
  days: Map<number, DayBars>;
  /** The last close of a bar that has a slot, epoch ms; -Infinity when none has. */
  lastClose: number;
  refused: { index: number; reason: FeedRefusal }[];
  /** Numbers of refused bars by reason, with a separate reason for the extended hours of the calendar. */
  refusals: Map<string, number>;
}

/** Sorts bars of one symbol, in any order and of any days. */
export function sortFedBars(layout: SessionLayout, bars: readonly Bar[]): SortedBars {
  const { prices } = layout.spec;
  const sorted: SortedBars = { days: new Map(), lastClose: -Infinity, refused: [], refusals: new Map() };
  const { days, refused, refusals } = sorted;
  // Bars of a feed are mostly in order, so the day of the bar before is tried first.
  let dayIndex = 0;
  for (const [index, bar] of bars.entries()) {
    // `refuseBar` looks at a single bar, so it never answers `conflict`.
    const invalid = refuseBar(bar, prices) as FeedRefusal | undefined;
    if (!invalid && !isCurrentDay(layout, dayIndex, bar.openTime)) dayIndex = layout.dayIndexAt(bar.openTime);
    const slotOrReason = invalid ?? slotOf(layout, dayIndex, bar.openTime);
    if (typeof slotOrReason === 'string') {
      refused.push({ index, reason: slotOrReason });
      const counted = countedReason(layout, slotOrReason, bar.openTime);
      refusals.set(counted, (refusals.get(counted) ?? 0) + 1);
      continue;
    }
    const slot = slotOrReason;
    const day = days.get(dayIndex) ?? { positions: [], slots: [] };
    days.set(dayIndex, day);
    day.positions.push(index);
    day.slots.push(slot);
    sorted.lastClose = Math.max(sorted.lastClose, layout.grid(dayIndex).closeTime(slot));
  }
  return sorted;
}

/** The reason under which a refused bar is counted. */
function countedReason({ spec }: SessionLayout, reason: FeedRefusal, time: number): string {
  const isExtended = isOutsideReason(reason) && isExtendedTime(calendarNamed(spec.calendar), time, spec.hours);
  return isExtended ? EXTENDED_HOURS : reason;
}

/** Whether a day is the first one that is not over at `time`. The index before day 0 counts as over, the one after the last day never. */
function isCurrentDay(layout: SessionLayout, dayIndex: number, time: number): boolean {
  const isOver = (day: number) => day < 0 || (day < layout.days.length && layout.grid(day).close <= time);
  return isOver(dayIndex - 1) && !isOver(dayIndex);
}

/** The slot of a bar that opens at `time`, or why it has none. @param dayIndex the first day that is not over at `time` */
function slotOf(layout: SessionLayout, dayIndex: number, time: number): number | FeedRefusal {
  const isInSession = time >= layout.start && time < layout.end;
  return isInSession ? layout.grid(dayIndex).slotAt(time) : 'outside-session';
}
