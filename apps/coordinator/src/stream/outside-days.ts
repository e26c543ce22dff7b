/** Counts the rows of symbols that have no slot in the calendar, by symbol and date. */
import { countRows, countRowsInSpans, datasetVersion } from '@barkeep/bar-repository';
import * as bars from '@barkeep/bars';
import type { OutsideDay } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { CleanDates, Dates } from './clean-dates.js';

export class OutsideDays {
  private readonly calendar: bars.Calendar;

  /** @param clean the dates without such rows; all sessions of this process share them */
  constructor(
    private readonly dataSource: DataSource,
    private readonly spec: Pick<bars.SessionSpec, 'calendar' | 'hours'>,
    private readonly clean: CleanDates,
  ) {
    this.calendar = bars.calendarNamed(spec.calendar);
  }

  /**
   * The dates on which symbols have rows without a slot, with the numbers of these rows by kind and of all rows of the date.
   * Remembers the symbols that have no such rows.
   * @param ids the symbols with their ids in Postgres
   */
  async count(datasetId: number, ids: ReadonlyMap<string, number>, dates: Dates): Promise<OutsideDay[]> {
    const { dataSource, calendar, clean, spec } = this;
    const slots = { datasetId, version: await datasetVersion(dataSource, datasetId), ...spec };
    const uncertainIds = clean.uncertain(slots, [...ids.values()], dates);
    if (uncertainIds.length === 0) return [];
    const lastDate = dateAfter(dates.to, -1); // `dates.to` is exclusive
    const spans = bars.outsideSpans(calendar, dates.from, lastDate, spec.hours);
    const counts = await countRowsInSpans(dataSource, datasetId, uncertainIds, spans);
    const idsWithSuchRows = new Set(counts.map(({ symbolId }) => symbolId));
    const cleanIds = uncertainIds.filter((id) => !idsWithSuchRows.has(id));
    clean.add(slots, cleanIds, dates);
    return this.withAllRows(this.sumByDay(counts, spans, ids), datasetId, ids);
  }

  /** Adds up the rows of each symbol and date; `rows`, the number of all rows of the date, is still 0. */
  private sumByDay(
    counts: Awaited<ReturnType<typeof countRowsInSpans>>,
    spans: readonly bars.OutsideSpan[],
    ids: ReadonlyMap<string, number>,
  ): OutsideDay[] {
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    const days = new Map<string, OutsideDay>();
    for (const { symbolId, span, rows, first } of counts) {
      const { date, kind } = spans[span]!;
      const symbol = symbolOf.get(symbolId)!;
      const until = this.calendar.startOf(dateAfter(date));
      const emptyDay = { symbol, date, rows: 0, outside: 0, extended: 0, first, until };
      const day = days.get(`${date} ${symbol}`) ?? emptyDay;
      day[kind] += rows;
      days.set(`${date} ${symbol}`, day);
    }
    return [...days.values()];
  }

  /** Sets `rows` of each day to the number of all rows of the symbol on its date. */
  private async withAllRows(days: readonly OutsideDay[], datasetId: number, ids: ReadonlyMap<string, number>) {
    const wholeDates = days.map(({ symbol, date, until }) => {
      return { symbolId: ids.get(symbol)!, from: this.calendar.startOf(date), to: until };
    });
    const allRows = await countRows(this.dataSource, datasetId, wholeDates);
    return days.map((day, i) => ({ ...day, rows: allRows[i]! }));
  }
}

/** The date `days` after a date. */
export function dateAfter(date: string, days = 1): string {
  return bars.dateOf(bars.epochDayOf(date) + days);
}
