/** The API's view of a session's history, and whether it is shorter than requested. Pure. */
import type { HistoryAnswer } from '@barkeep/api';
import { calendarNamed, UnknownCalendarError, type TradingDay } from '@barkeep/bars';
import type { SessionRecord } from './session-row.js';

type SessionHistory = Pick<SessionRecord, 'spec' | 'historyDays'>;

/** @param bars of each symbol; undefined while the history is not complete @returns null when the spec requests none */
export function historyView(session: SessionHistory, bars?: ReadonlyMap<string, number>): HistoryAnswer | null {
  const { trailingDays = 0, bars: barsRequested } = session.spec.history;
  if (trailingDays === 0 && barsRequested === undefined) return null;
  const days = daysUpToStart(session);
  const got = bars ? [...bars.values()] : [];
  const isLess =
    barsRequested === undefined ? session.historyDays < trailingDays : got.some((number) => number < barsRequested);
  return {
    days: session.historyDays,
    firstDate: session.historyDays > 0 ? (days?.at(-session.historyDays)?.date ?? null) : null,
    calendarBegins: isLess && days?.length === session.historyDays,
    bars: bars ? Object.fromEntries(bars) : null,
  };
}

/** The days of the history and the day before them, if the calendar has it; undefined when the calendar is gone. */
function daysUpToStart({ spec, historyDays }: SessionHistory): TradingDay[] | undefined {
  try {
    return calendarNamed(spec.calendar).tradingDaysBefore(spec.start, historyDays + 1, spec.hours);
  } catch (error) {
    if (error instanceof UnknownCalendarError) return undefined;
    throw error;
  }
}
