/** Measures how much of a calendar the rows of a dataset cover. */
import { countRowsInSpans, storedInterval, type SymbolExtent, timesOfAll } from '@barkeep/bar-repository';
import { type Calendar, DayGrid, type Hours, type TradingDay } from '@barkeep/bars';
import type { Database } from './services/index.js';

export type Coverage = Awaited<ReturnType<typeof coverageOf>>;

/** @param rows number of rows in the dataset @param extents all of its symbols */
export async function coverageOf(
  database: Database,
  { id, rows, extents }: { id: number; rows: number; extents: readonly SymbolExtent[] },
  { calendar, hours }: { calendar: Calendar; hours: Hours },
) {
  const symbolIds = extents.map((extent) => extent.id);
  const interval = await storedInterval(database, id, symbolIds);
  const days = daysWithRows(extents, calendar, hours);
  const months = new Map(days.map((day) => [monthOf(day), { month: monthOf(day), expected: 0, present: 0 }]));
  for (const day of days) {
    const { slotCount } = new DayGrid(day, interval);
    const symbolCount = extents.filter((extent) => overlaps(day, extent)).length;
    months.get(monthOf(day))!.expected += symbolCount * slotCount;
  }
  const spans = days.flatMap((day) =>
    day.segments.map(({ open, close }) => ({ month: monthOf(day), from: open, to: close })),
  );
  for (const counted of await countRowsInSpans(database, id, symbolIds, spans)) {
    const { month } = spans[counted.span]!;
    months.get(month)!.present += counted.rows;
  }
  const sum = (field: 'expected' | 'present') => [...months.values()].reduce((total, month) => total + month[field], 0);
  return {
    calendar: calendar.id,
    hours,
    // Of the expected slots, the share that have a row, 0 to 1; for each symbol from its first to its last trading day.
    share: sum('present') / Math.max(1, sum('expected')),
    outside: rows - sum('present'), // rows for which the calendar has no slot
    months: [...months.values()].filter(({ expected }) => expected > 0),
  };
}

/** The trading days from the first row of any symbol to the last one; empty without symbols. */
export function daysWithRows(extents: readonly SymbolExtent[], calendar: Calendar, hours: Hours): TradingDay[] {
  if (extents.length === 0) return [];
  const { first, last } = timesOfAll(extents);
  return calendar.tradingDaysOf(first, last, hours);
}

/** True when a day lies between the first and the last row, or has one of them. */
function overlaps({ segments }: TradingDay, { first, last }: { first: number; last: number }): boolean {
  return segments[0]!.open <= last && segments.at(-1)!.close > first;
}

function monthOf({ date }: TradingDay): string {
  return date.slice(0, 7);
}
