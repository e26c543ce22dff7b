/**
 * Counts the rows of a session's dataset that have no slot, up to the frontier: in the background while the stream runs, and
 * the rest when the frontier is at the end. The store holds the date up to which rows are counted, so the next owner continues there.
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

/** Local dates `[from, to)`. */
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
  private running: Promise<void> = Promise.resolve();
  /** When the next count in the background may start, in `performance.now()` time; Infinity while one runs. */
  private nextAt = 0;
  private source: { datasetId: number; ids: ReadonlyMap<string, number> } | undefined;

  /** @param clean shared by all sessions of this process */
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

  private async count(frontier: number): Promise<void> {
    const { redis, layout } = this.parts;
    const { start, end } = layout.spec;
    const to = layout.days[layout.dayIndexAt(frontier)]?.date ?? dateAfter(end);
    const marks = await outsideTo(redis, layout);
    for (const mark of new Set(marks)) {
      const partitions = marks.flatMap((other, partition) =>
        other === mark && !layout.isVacant(partition) ? [partition] : [],
      );
      const dates = { from: mark ?? start, to };
      if (partitions.length > 0 && dates.from < to) await this.countFor(partitions, dates, mark === undefined);
    }
  }

  private async countFor(partitions: readonly number[], dates: Dates, isNew: boolean): Promise<void> {
    const { layout, writer, metrics } = this.parts;
    const { datasetId, ids } = await this.lookUp();
    const symbols = new Map([...ids].filter(([symbol]) => partitions.includes(layout.partitionOf(symbol)!)));
    let isFirst = isNew;
    for (const part of datesInParts(dates, Math.max(1, Math.floor(CELLS_A_QUERY / (symbols.size + 1))))) {
      const days = symbols.size === 0 ? [] : await this.daysOf(datasetId, symbols, part);
      for (const partition of partitions) {
        const own = days.filter(({ symbol }) => layout.partitionOf(symbol) === partition);
        metrics.outside(own.reduce((sum, { outside }) => sum + outside, 0));
        await noteOutside(writer, { partition, to: part.to, isFirst, days: own });
      }
      isFirst = false;
    }
  }

  /** The ids of the dataset and its symbols, looked up again while Postgres lacks some of the symbols. A removed dataset has no symbols. */
  private async lookUp(): Promise<{ datasetId: number; ids: ReadonlyMap<string, number> }> {
    const { layout, dataSource } = this.parts;
    if (this.source?.ids.size === layout.symbols.length) return this.source;
    const dataset = resolveDataset(dataSource, sourceName(layout.spec));
    const [datasetId, ids] = await Promise.all([dataset, symbolIds(dataSource, layout.symbols)]);
    if (datasetId === undefined) return { datasetId: 0, ids: new Map() };
    return (this.source = { datasetId, ids });
  }

  private async daysOf(datasetId: number, ids: ReadonlyMap<string, number>, dates: Dates): Promise<OutsideDay[]> {
    const { dataSource, layout } = this.parts;
    const { calendar, hours } = layout.spec;
    const slots = { datasetId, version: await datasetVersion(dataSource, datasetId), calendar, hours };
    const uncertain = this.clean.uncertain(slots, [...ids.values()], dates);
    if (uncertain.length === 0) return [];
    const spans = outsideSpans(this.calendar, dates.from, dateAfter(dates.to, -1), hours);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    const counted = await countRowsInSpans(dataSource, datasetId, uncertain, spans);
    const withRows = new Set(counted.map(({ symbolId }) => symbolId));
    const clean = uncertain.filter((id) => !withRows.has(id));
    this.clean.add(slots, clean, dates);
    const days = new Map<string, OutsideDay>();
    for (const { symbolId, span, rows, first } of counted) {
      const { date, kind } = spans[span] as OutsideSpan;
      const symbol = symbolOf.get(symbolId)!;
      const until = this.calendar.startOf(dateAfter(date));
      const emptyDay = { symbol, date, rows: 0, outside: 0, extended: 0, first, until };
      const day = days.get(`${date} ${symbol}`) ?? emptyDay;
      day[kind] += rows;
      days.set(`${date} ${symbol}`, day);
    }
    const outsideDays = [...days.values()];
    const ranges = outsideDays.map(({ symbol, date, until }) => {
      return { symbolId: ids.get(symbol)!, from: this.calendar.startOf(date), to: until };
    });
    const totals = await countRows(dataSource, datasetId, ranges);
    return outsideDays.map((day, i) => ({ ...day, rows: totals[i]! }));
  }
}

/**
 * The dates on which every row of a symbol has a slot. All sessions of a process share them, so many runs over the same data count
 * its rows once. A change of the dataset makes them invalid. No I/O.
 */
export class CleanDates {
  private readonly known = new Map<string, { version: string; symbols: Map<number, Dates> }>();

  /** @param ids ids of symbols @returns the ids of those that may have rows without a slot on these dates */
  uncertain(slots: DatasetSlots, ids: readonly number[], { from, to }: Dates): number[] {
    const symbols = this.symbolsOf(slots);
    return ids.filter((id) => {
      const clean = symbols.get(id);
      return !clean || from < clean.from || clean.to < to;
    });
  }

  /** Remembers that every row of these symbols on these dates has a slot. Of dates that are not adjacent, the newest call wins. */
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
