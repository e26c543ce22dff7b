/**
 * Warns of probable mistakes, from what a session has counted: rows without a slot in the calendar, bars of a shorter interval than the
 * base interval, and days whose source was silent. Pure.
 */
import type { SessionSpec, SlotCounts } from '@barkeep/bars';
import type { OutsideDay, OutsideRows } from '@barkeep/session-data';
import { counted } from './wait-descriptions.js';

/** Rows outside, or between the opens of slots, are normal up to this share of all rows. */
const NORMAL_SHARE_MAX = 0.01;

/**
 * Warns of rows without a slot, which mostly come from a file that was imported in the wrong time zone. Pure. Which rows count:
 *   dataset          {@link suspiciousRowCount} of each symbol and date
 *   feed, over       {@link suspiciousRowCount} of all bars
 *   feed, running    {@link suspiciousOutsideCount} of all bars, from the first bar in a slot on: a feed may begin in extended hours
 * @param streamed how many streamed bars the session has in slots @param isOver whether no further bars will come
 * @returns one text, about the first suspicious date and symbol or about the feed; or an empty list
 */
export function outsideWarnings(
  { calendar, hours, source }: Pick<SessionSpec, 'calendar' | 'hours' | 'source'>,
  { days, outside, extended }: OutsideRows,
  { streamed, isOver }: { streamed: number; isOver: boolean },
): string[] {
  const where = `outside ${calendar} ${hours} hours; is the time zone right?`;
  if (source.type === 'feed') {
    if (!isOver && streamed === 0) return [];
    const fed = { rows: streamed + outside + extended, outside, extended };
    const suspicious = isOver ? suspiciousRowCount(fed) : suspiciousOutsideCount(fed);
    return suspicious > 0 ? [`${suspicious} of ${fed.rows} fed bars are ${where}`] : [];
  }
  const [first, ...others] = days.filter((day) => suspiciousRowCount(day) > 0);
  if (!first) return [];
  const sentence = `${suspiciousRowCount(first)} of ${first.rows} rows of ${first.symbol} on ${first.date} are ${where}`;
  const moreDays = `The same holds for ${counted(others.length, 'more day')} of its symbols.`;
  return [others.length > 0 ? `${sentence} ${moreDays}` : sentence];
}

/**
 * How many rows a warning is about; 0 for no warning. Rows in extended hours are normal, unless most rows are without a slot: rows of
 * regular hours that were imported in a wrong zone may all be in extended hours.
 */
function suspiciousRowCount({ rows, outside, extended }: Pick<OutsideDay, 'rows' | 'outside' | 'extended'>): number {
  const withoutSlot = outside + extended;
  return withoutSlot > rows / 2 ? withoutSlot : suspiciousOutsideCount({ rows, outside });
}

/** As {@link suspiciousRowCount}, but only of the rows outside. */
function suspiciousOutsideCount({ rows, outside }: Pick<OutsideDay, 'rows' | 'outside'>): number {
  return outside > NORMAL_SHARE_MAX * rows ? outside : 0;
}

/** Warns of days whose source was silent while they were read: rows that it has may be missing from the session. Pure. */
export function timeoutWarnings({ feed }: Pick<SessionSpec, 'feed'>, dates: readonly string[]): string[] {
  const [first, ...others] = dates;
  if (first === undefined) return [];
  const days = others.length > 0 ? `${first} and ${counted(others.length, 'more day')}` : first;
  return [
    `the source was silent for ${feed.timeoutSeconds} s (feed.timeoutSeconds): rows of ${days} may be missing, unless upkeep has repaired them`,
  ];
}

/**
 * Warns when many bars are not at the open of a slot: most likely they are of a shorter interval than the base interval. Those at an open
 * were then stored as if they covered the whole slot. Pure.
 * @param counts without the history, whose number of bars is not known here @param offGrid with the history
 * @param historySlots slots of the history, of all symbols: the limit counts each of them as a bar
 */
export function intervalWarnings(
  { baseInterval }: Pick<SessionSpec, 'baseInterval'>,
  { counts, offGrid }: { counts: Pick<SlotCounts, 'filled'>; offGrid: number },
  historySlots = 0,
): string[] {
  const bars = counts.filled + offGrid;
  if (offGrid <= NORMAL_SHARE_MAX * (bars + historySlots)) return [];
  const ofBars = historySlots === 0 ? ` of ${bars}` : ''; // with a history the number of all bars is not known
  return [`${offGrid}${ofBars} bars are not at the open of a ${baseInterval} slot; is the base interval right?`];
}
