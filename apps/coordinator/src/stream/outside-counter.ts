/**
 * Counts the rows of a session's dataset that have no slot in the calendar, up to the frontier. For each partition the store holds the
 * date up to which its rows are counted, so the next owner continues there.
 */
import { resolveDataset, symbolIds } from '@barkeep/bar-repository';
import { sourceName } from '@barkeep/bars';
import { FencedError, noteOutside, outsideTo, SessionLostError } from '@barkeep/session-data';
import { earlier, type CleanDates, type Dates } from './clean-dates.js';
import { dateAfter, OutsideDays } from './outside-days.js';
import type { StreamParts } from './stream-parts.js';

/** Shortest pause between two counts in the background. */
const PAUSE_MS = 250;
/** A pause is at least this many times as long as the count before it, so that counting uses little of the database's time. */
const PAUSE_FACTOR = 20;
/** Most symbols × dates per query: bounds how long one takes. */
const CELLS_A_QUERY = 20_000;

export class OutsideCounter {
  private readonly outsideDays: OutsideDays;
  /** The last count in the background; it never rejects. */
  private running: Promise<void> = Promise.resolve();
  /** When the next count in the background may start, in `performance.now()` time; Infinity while one runs. */
  private nextAt = 0;
  /** The ids of the symbols, as last read. */
  private ids: ReadonlyMap<string, number> = new Map();

  /** @param clean the dates without such rows; all sessions of this process share them */
  constructor(
    private readonly parts: Pick<StreamParts, 'redis' | 'layout' | 'writer' | 'metrics' | 'dataSource' | 'warn'>,
    clean: CleanDates,
  ) {
    const { calendar, hours } = parts.layout.spec;
    this.outsideDays = new OutsideDays(parts.dataSource, { calendar, hours }, clean);
  }

  /** Counts up to the frontier (epoch ms) in the background, unless it did so a moment ago. The next count repeats a failed one. */
  countInBackground(frontier: number): void {
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
    const firstUncounted = await outsideTo(redis, layout); // by partition; undefined: nothing of it is counted yet
    const used = [...firstUncounted.keys()].filter((partition) => !layout.isVacant(partition));
    // Partitions that continue at the same date are counted together.
    for (const date of new Set(used.map((partition) => firstUncounted[partition]))) {
      const partitions = used.filter((partition) => firstUncounted[partition] === date);
      const from = date ?? start;
      if (from < to) await this.countFor(partitions, { from, to }, /* isNew */ date === undefined);
    }
  }

  /** Counts the rows of some partitions and stores the counts. @param isNew whether nothing of these partitions is counted yet */
  private async countFor(partitions: readonly number[], { from, to }: Dates, isNew: boolean): Promise<void> {
    const { layout, writer, metrics } = this.parts;
    const { datasetId, ids } = await this.lookUp();
    const symbols = new Map([...ids].filter(([symbol]) => partitions.includes(layout.partitionOf(symbol)!)));
    const datesAQuery = Math.max(1, Math.floor(CELLS_A_QUERY / (symbols.size + 1))); // + 1: there may be no symbols
    for (let at = from; at < to; at = dateAfter(at, datesAQuery)) {
      const dates = { from: at, to: earlier(dateAfter(at, datesAQuery), to) };
      const days = symbols.size === 0 ? [] : await this.outsideDays.count(datasetId, symbols, dates);
      for (const partition of partitions) {
        const partitionDays = days.filter(({ symbol }) => layout.partitionOf(symbol) === partition);
        metrics.outside(partitionDays.reduce((sum, { outside }) => sum + outside, 0));
        await noteOutside(writer, { partition, to: dates.to, isFirst: isNew && at === from, days: partitionDays });
      }
    }
  }

  /** The ids in Postgres of the dataset, and of its symbols until Postgres has all of them. A removed dataset has no symbols. */
  private async lookUp(): Promise<{ datasetId: number; ids: ReadonlyMap<string, number> }> {
    const { layout, dataSource } = this.parts;
    const areKnown = this.ids.size === layout.symbols.length;
    const [datasetId, ids] = await Promise.all([
      resolveDataset(dataSource, sourceName(layout.spec)),
      areKnown ? this.ids : symbolIds(dataSource, layout.symbols),
    ]);
    this.ids = ids;
    return datasetId === undefined ? { datasetId: 0, ids: new Map() } : { datasetId, ids };
  }
}
