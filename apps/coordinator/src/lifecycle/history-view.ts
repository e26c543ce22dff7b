/** What the API says of a session's history, and whether it is less than was asked for. Pure. */
import { calendarNamed, UnknownCalendarError, type SessionSpec, type TradingDay } from '@barkeep/bars';
import type { HistoryView } from './session-lifecycle.js';

/** What a session's row says of it. */
interface SessionHistory {
  spec: SessionSpec;
  historyDays: number;
}

/** @param bars of each symbol; undefined while the history is not whole @returns null when the spec asks for none */
export function historyView(session: SessionHistory, bars?: ReadonlyMap<string, number>): HistoryView | null {
  const { trailingDays = 0, bars: barsAsked } = session.spec.history;
  if (trailingDays === 0 && barsAsked === undefined) return null;
  const days = daysUpToStart(session);
  const got = bars ? [...bars.values()] : [];
  const isLess =
    barsAsked === undefined ? session.historyDays < trailingDays : got.some((number) => number < barsAsked);
  return {
    days: session.historyDays,
    firstDate: session.historyDays > 0 ? (days?.at(-session.historyDays)?.date ?? null) : null,
    calendarBegins: isLess && days?.length === session.historyDays,
    bars: bars ? Object.fromEntries(bars) : null,
  };
}

/** The days of the history, and the one before them where the calendar knows it; undefined for a calendar that is gone. */
function daysUpToStart({ spec, historyDays }: SessionHistory): TradingDay[] | undefined {
  try {
    return calendarNamed(spec.calendar).tradingDaysBefore(spec.start, historyDays + 1, spec.hours);
  } catch (error) {
    if (error instanceof UnknownCalendarError) return undefined;
    throw error;
  }
}
