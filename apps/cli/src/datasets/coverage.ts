/** Counts the minutes of a dataset that a calendar expects, by month, and the rows for which it has no slot. */
import { countRowsInSpans, type SymbolExtent } from '@barkeep/bar-repository';
import type { Calendar, Hours, TradingDay } from '@barkeep/bars';
import type { Database } from '../services/index.js';

export interface Coverage {
  calendar: string;
  hours: Hours;
  /** Present slots of the expected ones, 0 to 1, between the first and the last trading day of each symbol. */
  share: number;
  /** Rows for which the calendar has no slot. */
  outside: number;
  /** By month of the trading date. */
  months: { month: string; expected: number; present: number }[];
}

export interface CoveredHours {
  calendar: Calendar;
  hours: Hours;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export async function coverageOf(
  database: Database,
  { id, rows, extents }: { id: number; rows: number; extents: readonly SymbolExtent[] },
  { calendar, hours }: CoveredHours,
): Promise<Coverage> {
  const days = daysWithRows(extents, calendar, hours);
  const expected = new Map<string, number>();
  for (const { first, last } of extents) {
    for (const { date, segments } of days) {
      if (segments.at(-1)!.close <= first || segments[0]!.open > last) continue;
      const slots = segments.reduce((sum, { open, close }) => sum + (close - open) / MINUTE_MS, 0);
      expected.set(date.slice(0, 7), (expected.get(date.slice(0, 7)) ?? 0) + slots);
    }
  }
  const present = await presentByMonth(database, id, extents, days);
  const months = [...expected]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([month, slots]) => ({ month, expected: slots, present: present.get(month) ?? 0 }));
  const inside = [...present.values()].reduce((sum, slots) => sum + slots, 0);
  const all = months.reduce((sum, month) => sum + month.expected, 0);
  return { calendar: calendar.id, hours, share: inside / Math.max(1, all), outside: rows - inside, months };
}

/** The trading days for which the symbols may have rows. */
export function daysWithRows(extents: readonly SymbolExtent[], calendar: Calendar, hours: Hours): TradingDay[] {
  if (extents.length === 0) return [];
  const date = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const first = extents.reduce((least, extent) => Math.min(least, extent.first), Infinity);
  const last = extents.reduce((most, extent) => Math.max(most, extent.last), -Infinity);
  // A trading day may start on the previous date, or carry the name of the next one.
  const days = calendar.knownTradingDays(date(first - DAY_MS), date(last + DAY_MS), hours);
  return days.filter(({ segments }) => segments[0]!.open <= last && segments.at(-1)!.close > first);
}

async function presentByMonth(
  database: Database,
  id: number,
  extents: readonly SymbolExtent[],
  days: readonly TradingDay[],
): Promise<Map<string, number>> {
  const spans = days.flatMap(({ date, segments }) =>
    segments.map(({ open, close }) => ({ month: date.slice(0, 7), from: open, to: close })),
  );
  const symbolIds = extents.map((extent) => extent.id);
  const present = new Map<string, number>();
  for (const { span, rows } of await countRowsInSpans(database, id, symbolIds, spans)) {
    const { month } = spans[span]!;
    present.set(month, (present.get(month) ?? 0) + rows);
  }
  return present;
}
