/**
 * Counts the rows of a session's dataset that have no slot in the calendar, up to the frontier: in the background while the stream
 * runs, and the rest when the frontier is at the end. For each partition the store holds the date up to which its rows are counted,
 * so the next owner continues there.
 */
import { countRows, countRowsInSpans, datasetVersion, resolveDataset, symbolIds } from '@barkeep/bar-repository';
import {
  calendarNamed,
  dateOf,
  epochDayOf,
  outsideSpans,
  sourceName,
  type Calendar,
  type OutsideSpan,
} from '@barkeep/bars';
import { FencedError, noteOutside, outsideTo, SessionLostError, type OutsideDay } from '@barkeep/session-data';
import type { StreamParts } from './stream-parts.js';

/** Shortest pause between two counts in the background. */
const PAUSE_MS = 250;
/** A pause is at least this many times as long as the count before it, so that counting uses little of the database's time. */
const PAUSE_FACTOR = 20;
/** Most symbols × dates per query: bounds how long one takes. */
const CELLS_A_QUERY = 20_000;
/** Most combinations of dataset, calendar and hours that {@link CleanDates} remembers. */
const REMEMBERED_MAX = 64;

/** Local dates `[from, to)`, such as 2024-03-04. */
interface Dates {
  from: string;
  to: string;
}

/** A dataset with the calendar and hours that decide which of its rows have a slot. */
interface DatasetSlots {
  datasetId: number;
  /** Version of the dataset, read before its rows (see `datasetVersion`). */
  version: string;
  calendar: string;
  hours: string;
}

export class OutsideCounter {
  private readonly calendar: Calendar;
  /** The last count in the background; it never rejects. */
  private running: Promise<void> = Promise.resolve();
  /** When the next count in the background may start, in `performance.now()` time; Infinity while one runs. */
  private nextAt = 0;
  /** The ids of the dataset and its symbols as last read; used again once it has all symbols. */
  private source: { datasetId: number; ids: ReadonlyMap<string, number> } | undefined;

  /** @param clean the dates without such rows; all sessions of this process share them */
  constructor(
    private readonly parts: Pick<StreamParts, 'redis' | 'layout' | 'writer' | 'metrics' | 'dataSource' | 'warn'>,
    private readonly clean: CleanDates,
  ) {
    this.calendar = calendarNamed(parts.layout.spec.calendar);
  }

  /** Counts up to the frontier (epoch ms) in the background, unless it did so a moment ago. The next count repeats a failed one. */
  passed(frontier: number): void {
    if (performance.now() < this.nextAt) return;
    const { layout, warn } = this.parts;
    const startedAt = performance.now();
    this.nextAt = Infinity;
    this.running = this.count(frontier)
      .catch((error: unknown) => {
        // The stream learns that it no longer owns the session by its next write.
        if (error instanceof FencedError || error instanceof SessionLostError) return;
        warn(`session ${layout.id}: rows without a slot are counted later`, error);
      })
      .finally(() => {
        this.nextAt = performance.now() + Math.max(PAUSE_MS, PAUSE_FACTOR * (performance.now() - startedAt));
      });
  }

  /** Counts the rest up to the frontier, epoch ms. @throws what Postgres and the store throw */
  async finish(frontier: number): Promise<void> {
    await this.running;
    await this.count(frontier);
  }

  /** Counts the dates before the day of the frontier; at the end of the session all dates. */
  private async count(frontier: number): Promise<void> {
    const { redis, layout } = this.parts;
    const { start, end } = layout.spec;
    const to = layout.days[layout.dayIndexAt(frontier)]?.date ?? dateAfter(end);
    const countedTo = await outsideTo(redis, layout);
    // Partitions that are counted up to the same date are counted together; undefined: nothing of a partition is counted yet.
    for (const counted of new Set(countedTo)) {
      const partitions = countedTo.flatMap((date, partition) =>
        date === counted && !layout.isVacant(partition) ? [partition] : [],
      );
      const dates = { from: counted ?? start, to };
      if (partitions.length > 0 && dates.from < to) await this.countFor(partitions, dates, counted === undefined);
    }
  }

  /** Counts the rows of some partitions and records the counts in the store. @param isNew whether nothing of them is counted yet */
  private async countFor(partitions: readonly number[], dates: Dates, isNew: boolean): Promise<void> {
    const { layout, writer, metrics } = this.parts;
    const { datasetId, ids } = await this.lookUp();
    const symbols = new Map([...ids].filter(([symbol]) => partitions.includes(layout.partitionOf(symbol)!)));
    const datesAQuery = Math.max(1, Math.floor(CELLS_A_QUERY / (symbols.size + 1))); // + 1: there may be no symbols
    let isFirst = isNew;
    for (const range of datesInParts(dates, datesAQuery)) {
      const days = symbols.size === 0 ? [] : await this.daysOf(datasetId, symbols, range);
      for (const partition of partitions) {
        const partitionDays = days.filter(({ symbol }) => layout.partitionOf(symbol) === partition);
        metrics.outside(partitionDays.reduce((sum, { outside }) => sum + outside, 0));
        await noteOutside(writer, { partition, to: range.to, isFirst, days: partitionDays });
      }
      isFirst = false;
    }
  }

  /** The ids of the dataset and its symbols, read again by each call until Postgres has all symbols. A removed dataset has no symbols. */
  private async lookUp(): Promise<{ datasetId: number; ids: ReadonlyMap<string, number> }> {
    const { layout, dataSource } = this.parts;
    if (this.source?.ids.size === layout.symbols.length) return this.source;
    const dataset = resolveDataset(dataSource, sourceName(layout.spec));
    const [datasetId, ids] = await Promise.all([dataset, symbolIds(dataSource, layout.symbols)]);
    if (datasetId === undefined) return { datasetId: 0, ids: new Map() };
    return (this.source = { datasetId, ids });
  }

  /**
   * The dates on which symbols have rows without a slot, with the numbers of these rows by kind and of all rows of the date.
   * Remembers the symbols that have no such rows.
   * @param ids the symbols with their ids in Postgres
   */
  private async daysOf(datasetId: number, ids: ReadonlyMap<string, number>, dates: Dates): Promise<OutsideDay[]> {
    const { dataSource, layout } = this.parts;
    const { calendar, hours } = layout.spec;
    const slots = { datasetId, version: await datasetVersion(dataSource, datasetId), calendar, hours };
    const uncertain = this.clean.uncertain(slots, [...ids.values()], dates);
    if (uncertain.length === 0) return [];
    const spans = outsideSpans(this.calendar, dates.from, dateAfter(dates.to, -1), hours);
    const counted = await countRowsInSpans(dataSource, datasetId, uncertain, spans);
    const withRows = new Set(counted.map(({ symbolId }) => symbolId));
    const clean = uncertain.filter((id) => !withRows.has(id));
    this.clean.add(slots, clean, dates);
    const days = this.sumByDay(counted, spans, ids);
    const ranges = days.map(({ symbol, date, until }) => {
      return { symbolId: ids.get(symbol)!, from: this.calendar.startOf(date), to: until };
    });
    const totals = await countRows(dataSource, datasetId, ranges);
    return days.map((day, i) => ({ ...day, rows: totals[i]! }));
  }

  /** Adds up the rows of each symbol and date; `rows`, the number of all rows of the date, is still 0. */
  private sumByDay(
    counted: Awaited<ReturnType<typeof countRowsInSpans>>,
    spans: readonly OutsideSpan[],
    ids: ReadonlyMap<string, number>,
  ): OutsideDay[] {
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    const days = new Map<string, OutsideDay>();
    for (const { symbolId, span, rows, first } of counted) {
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
}

/**
 * The dates on which every row of a symbol has a slot. All sessions of a process share them, so many runs over the same data count
 * its rows once. A change of the dataset makes them invalid. No I/O.
 */
export class CleanDates {
  /** By dataset, calendar and hours: one range of dates for each symbol id, true for one version of the dataset. */
  private readonly known = new Map<string, { version: string; symbols: Map<number, Dates> }>();

  /** @param ids ids of symbols @returns the ids of those that may have rows without a slot on these dates */
  uncertain(slots: DatasetSlots, ids: readonly number[], { from, to }: Dates): number[] {
    const symbols = this.symbolsOf(slots);
    return ids.filter((id) => {
      const clean = symbols.get(id);
      return !clean || from < clean.from || clean.to < to;
    });
  }

  /**
   * Remembers that every row of these symbols on these dates has a slot. A symbol has one range: dates that touch the range extend
   * it, other dates replace it.
   */
  add(slots: DatasetSlots, ids: Iterable<number>, { from, to }: Dates): void {
    const symbols = this.symbolsOf(slots);
    for (const id of ids) {
      const clean = symbols.get(id);
      const touches = clean && clean.from <= to && from <= clean.to;
      symbols.set(id, touches ? { from: earlier(clean.from, from), to: later(clean.to, to) } : { from, to });
    }
  }

  private symbolsOf({ datasetId, version, calendar, hours }: DatasetSlots): Map<number, Dates> {
    const name = `${datasetId} ${calendar} ${hours}`;
    const known = this.known.get(name);
    if (known?.version === version) return known.symbols;
    if (!known && this.known.size >= REMEMBERED_MAX) this.known.clear();
    const symbols = new Map<number, Dates>();
    this.known.set(name, { version, symbols });
    return symbols;
  }
}

/** Splits a range into ranges of at most `count` dates. */
function* datesInParts({ from, to }: Dates, count: number): Generator<Dates> {
  for (let at = from; at < to; at = dateAfter(at, count)) {
    yield { from: at, to: earlier(dateAfter(at, count), to) };
  }
}

function dateAfter(date: string, days = 1): string {
  return dateOf(epochDayOf(date) + days);
}

const earlier = (a: string, b: string) => (a < b ? a : b);
const later = (a: string, b: string) => (a > b ? a : b);
