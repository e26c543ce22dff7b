/** The API's view of a session's history, and whether it is short because the calendar begins. Pure. */
import type { HistoryAnswer } from '@barkeep/api';
import { calendarNamed, UnknownCalendarError, type TradingDay } from '@barkeep/bars';
import type { SessionRecord } from './session-row.js';

type SessionHistory = Pick<SessionRecord, 'spec' | 'historyDays'>;

/** @param bars the number of bars per symbol; undefined while the history is not complete @returns null when the spec requests none */
export function historyView(session: SessionHistory, bars?: ReadonlyMap<string, number>): HistoryAnswer | null {
  const { trailingDays = 0, bars: barsRequested } = session.spec.history;
  if (trailingDays === 0 && barsRequested === undefined) return null;
  const days = daysUpToStart(session);
  const barCounts = bars ? [...bars.values()] : [];
  const isShorterThanRequested =
    barsRequested === undefined ? session.historyDays < trailingDays : barCounts.some((count) => count < barsRequested);
  return {
    days: session.historyDays,
    firstDate: session.historyDays > 0 ? (days?.at(-session.historyDays)?.date ?? null) : null,
    calendarBegins: isShorterThanRequested && days?.length === session.historyDays,
    bars: bars ? Object.fromEntries(bars) : null,
  };
}

/** The days of the history, and the day before if the calendar has one; undefined when the calendar is unknown. */
function daysUpToStart({ spec, historyDays }: SessionHistory): TradingDay[] | undefined {
  try {
    return calendarNamed(spec.calendar).tradingDaysBefore(spec.start, historyDays + 1, spec.hours);
  } catch (error) {
    if (error instanceof UnknownCalendarError) return undefined;
    throw error;
  }
}
