/** The API's view of a session's history, and whether it is short because the calendar begins. Pure. */
import type { HistoryAnswer } from '@barkeep/api';
import { calendarIds, calendarNamed, type TradingDay } from '@barkeep/bars';
import type { SessionRecord } from './session-row.js';

type SessionHistory = Pick<SessionRecord, 'spec' | 'historyDays'>;

/**
 * The history of a session. `calendarBegins`: the history is shorter than requested, because its calendar has no earlier trading
 * day; false when only the data begin too late.
 * @param bars the number of stored bars per symbol; undefined while the history is not complete
 * @returns null when the spec requests no history
 */
export function historyView(session: SessionHistory, bars?: ReadonlyMap<string, number>): HistoryAnswer | null {
  const { trailingDays = 0, bars: barsRequested } = session.spec.history;
  if (trailingDays === 0 && barsRequested === undefined) return null;
  const { historyDays } = session;
  const days = historyAndDayBefore(session);
  const firstDay = historyDays > 0 ? days?.at(-historyDays) : undefined;
  const hasNoDayBefore = days?.length === historyDays; // the calendar returned no additional day
  const barCounts = bars ? [...bars.values()] : [];
  const isShorterThanRequested =
    barsRequested === undefined ? historyDays < trailingDays : barCounts.some((count) => count < barsRequested);
  return {
    days: historyDays,
    firstDate: firstDay?.date ?? null,
    calendarBegins: isShorterThanRequested && hasNoDayBefore,
    bars: bars ? Object.fromEntries(bars) : null,
  };
}

/**
 * The days of the history, oldest first, and before them one more day if the calendar has one. Undefined when this service does not
 * know the calendar.
 */
function historyAndDayBefore({ spec, historyDays }: SessionHistory): TradingDay[] | undefined {
  if (!calendarIds().includes(spec.calendar)) return undefined;
  return calendarNamed(spec.calendar).tradingDaysBefore(spec.start, historyDays + 1, spec.hours);
}
