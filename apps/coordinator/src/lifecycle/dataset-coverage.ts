/** Counts the rows of a dataset's symbols on each trading day of a calendar, and those without a slot. */
import * as api from '@barkeep/api';
import { countRowsInSpans, storedInterval, type SymbolExtent, timesOfAll } from '@barkeep/bar-repository';
import { calendarNamed, DayGrid, type OutsideSpan, outsideSpans, type TradingDay } from '@barkeep/bars';
import type { DataSource } from 'typeorm';

/** A time span of the calendar, `[from, to)` in epoch ms. */
interface CoverageSpan {
  /** Index of the trading day; -1 for a span without slots. */
  day: number;
  kind: 'inside' | OutsideSpan['kind'];
  from: number;
  to: number;
}

/** The rows of a page of symbols. @param dataset its symbols are sorted by name @throws UnknownCalendarError, ExtendedHoursError */
export async function countCoverage(
  dataSource: DataSource,
  name: string,
  { id, extents }: { id: number; extents: readonly SymbolExtent[] },
  query: api.CoverageQuery,
): Promise<api.CoverageAnswer> {
  const { after, calendar, hours, limit } = query;
  const days = daysOf(extents, query);
  const remaining = after === undefined ? extents : extents.filter(({ symbol }) => symbol > after);
  const page = remaining.slice(0, limit);
  const symbolIds = extents.map((extent) => extent.id);
  const interval = await storedInterval(dataSource, id, symbolIds);
  /** By symbol id; `rows` has a number for each day. */
  const counts = new Map(page.map((extent) => [extent.id, { rows: days.map(() => 0), outside: 0, extended: 0 }]));
  const spans = spansOf(days, query);
  for (const { symbolId, span, rows } of await countRowsInSpans(dataSource, id, [...counts.keys()], spans)) {
    const { day, kind } = spans[span]!;
    const count = counts.get(symbolId)!;
    if (kind === 'inside') count.rows[day]! += rows;
    else count[kind] += rows;
  }
  return {
    dataset: name,
    calendar,
    hours,
    days: days.map((day) => ({ date: day.date, expected: new DayGrid(day, interval).slotCount })),
    symbols: page.map((extent) => ({ symbol: extent.symbol, ...counts.get(extent.id)! })),
    nextAfter: remaining.length > page.length ? page.at(-1)!.symbol : null,
  };
}

/** The segments of the days, and the spans between them, in order of time. */
function spansOf(days: readonly TradingDay[], { calendar, hours }: api.CoverageQuery): CoverageSpan[] {
  if (days.length === 0) return [];
  const inside = days.flatMap(({ segments }, day) =>
    segments.map(({ open, close }) => ({ day, kind: 'inside' as const, from: open, to: close })),
  );
  const outside = outsideSpans(calendarNamed(calendar), days[0]!.date, days.at(-1)!.date, hours);
  return [...inside, ...outside.map((span) => ({ ...span, day: -1 }))].sort((a, b) => a.from - b.from);
}

/** The requested trading days that the calendar has; by default those from the first to the last bar. */
function daysOf(extents: readonly SymbolExtent[], { calendar: id, from, to, hours }: api.CoverageQuery): TradingDay[] {
  if (from !== undefined && to !== undefined) return calendarNamed(id).knownTradingDays(from, to, hours);
  if (extents.length === 0) return [];
  const calendar = calendarNamed(id);
  const { first, last } = timesOfAll(extents);
  const days = calendar.tradingDaysOf(first, last, hours);
  if (from === undefined && to === undefined) return days;
  // The end that is not requested is the trading day of the first or last bar; without such a day, the UTC date of that bar.
  const firstDate = from ?? days[0]?.date ?? api.isoTime(first).slice(0, 10);
  const lastDate = to ?? days.at(-1)?.date ?? api.isoTime(last).slice(0, 10);
  return calendar.knownTradingDays(firstDate, lastDate, hours);
}
