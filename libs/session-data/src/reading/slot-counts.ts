/** Counts slots: the coverage of each symbol on each retained day, and the empty slots that a forced round of upkeep would request. */
import { slotsToAsk } from '@barkeep/bars';
import { inBatches } from '../batches.js';
import { byPartition, type View } from '../layout/index.js';
import { countsBefore, readSymbolDays, UpkeepReads } from '../upkeep/index.js';
import { CELL_COUNTS, type CellCount, copyCell, COUNTS_A_CELL, type CountedDays, writeCell } from './counted-days.js';
import type { Listing } from './listing.js';

/** The symbols and dates to count; all of the session where a field is left out. */
export interface EmptySlotsQuery {
  symbols?: readonly string[] | undefined;
  /** Dates, both included. */
  from?: string | undefined;
  to?: string | undefined;
  view: View;
}

/** Which symbols and days to count, page by page of symbols. Without `view`, the view in which the session was opened applies. */
export interface DayCountsQuery extends Partial<EmptySlotsQuery> {
  /** The last symbol of the previous page. @default the page is the first one */
  after?: string | undefined;
  /** Most symbols in the answer. @default all */
  limit?: number;
}

/** A page of the coverage matrix. */
export interface DayCounts {
  /** Oldest first. `[open, close)` is the day, epoch ms. `expected`, `visible`: slots per symbol, of the day and in the view. */
  days: { date: string; open: number; close: number; expected: number; visible: number }[];
  /** Each array has one number per day. */
  symbols: { symbol: string; counts: Record<CellCount, number[]> }[];
  /** The `after` of the next page: the last symbol of this page; null on the last page. */
  next: string | null;
}

/** Most script calls at the same time, and cells per call. */
const [CALLS_AT_ONCE, CELLS_A_CALL] = [4, 256];

interface PlacedCell {
  symbol: string;
  /** Index of the day. */
  day: number;
  /** Index of the day in the answer. */
  place: number;
  /** The slots `[0, closed)` are counted. */
  closed: number;
  /** Whether all slots of the day are closed, so that its counts can be kept. */
  isDayClosed: boolean;
}

/** Reads a page of the coverage matrix. @throws SessionLostError */
export async function readDayCounts(
  listing: Listing,
  query: DayCountsQuery & { view: View },
  known: CountedDays,
): Promise<DayCounts> {
  const { layout, reads } = listing;
  const { after, limit = Infinity } = query;
  const symbolsLeft = [...new Set(query.symbols ?? listing.symbols)]
    .sort()
    .filter((symbol) => after === undefined || symbol > after);
  const symbols = symbolsLeft.slice(0, limit);
  const end = await visibleEnd(listing, query.view); // this read also updates `reads.firstKept`
  const requested = [...layout.days.entries()].flatMap(([day, { date }]) =>
    isRequested(date, query) && day >= reads.firstKept && !layout.isHistory(day) ? [day] : [],
  );
  const counts = await countCells(listing, symbols, requested, end, known);
  // Days that were removed meanwhile may have been read in part. They are the first ones, because the oldest day is removed first.
  const { firstKept } = await reads.moment();
  const days = requested.filter((day) => day >= firstKept);
  const countsOfRemoved = (requested.length - days.length) * COUNTS_A_CELL;
  return {
    days: days.map((day) => {
      const grid = layout.grid(day);
      const { date, open, close } = grid;
      return { date, open, close, expected: grid.slotCount, visible: grid.closedBy(end) };
    }),
    symbols: symbols.map((symbol) => ({ symbol, counts: byName(counts.get(symbol)!.subarray(countsOfRemoved)) })),
    next: symbolsLeft.length > symbols.length ? symbols.at(-1)! : null,
  };
}

/** The time up to which a view shows all symbols, epoch ms: the clock for a strategy, the lowest frontier for an operator. */
async function visibleEnd({ layout, reads, symbols }: Listing, view: View): Promise<number> {
  const partitions = new Set(symbols.flatMap((symbol) => layout.partitionOf(symbol) ?? []));
  const frontiers = [...partitions].map((partition) => ['hget', layout.keysOf(partition).meta, 'frontier']);
  const [clock, replies] = await reads.read(frontiers);
  return view === 'operator' ? Math.min(...replies.map(Number)) : clock;
}

/** For each symbol the counts up to `end` (epoch ms): {@link CELL_COUNTS} for one day after another. */
async function countCells(
  { redis, layout }: Listing,
  symbols: readonly string[],
  days: readonly number[],
  end: number,
  known: CountedDays,
): Promise<Map<string, Uint16Array>> {
  const counts = new Map(symbols.map((symbol) => [symbol, new Uint16Array(days.length * COUNTS_A_CELL)]));
  const begunDays = days
    .map((day, place) => {
      const grid = layout.grid(day);
      const closed = grid.closedBy(end);
      return { day, place, closed, isDayClosed: closed === grid.slotCount };
    })
    .filter(({ closed }) => closed > 0);
  const partitions = byPartition(symbols, (symbol) => layout.partitionOf(symbol)!);
  await known.update(redis, layout, [...partitions.keys()]);
  // Copies the cells that are known, and collects the others.
  const batchesToRead = [...partitions].flatMap(([partition, members]) => {
    const unknownCells: PlacedCell[] = [];
    for (const symbol of members) {
      const kept = known.of(partition, symbol);
      for (const { day, place, closed, isDayClosed } of begunDays) {
        if (isDayClosed && kept?.isKnown[day] === 1) copyCell(kept.counts, day, counts.get(symbol)!, place);
        else unknownCells.push({ symbol, day, closed, place, isDayClosed });
      }
    }
    return [...inBatches(unknownCells, CELLS_A_CALL)].map((cells) => ({ partition, cells }));
  });
  await inParallel(batchesToRead, async ({ partition, cells }) => {
    const symbolDays = await readSymbolDays(redis, layout, partition, cells);
    for (const [i, { symbol, day, place, closed, isDayClosed }] of cells.entries()) {
      const counted = countsBefore([symbolDays[i]!], closed);
      writeCell(counts.get(symbol)!, place, counted);
      if (isDayClosed) known.keep(partition, symbol, day, counted);
    }
  });
  return counts;
}

/** Runs the work for all items, at most {@link CALLS_AT_ONCE} at once: the runners share one iterator. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const itemsLeft = items.values();
  const runners = Array.from({ length: CALLS_AT_ONCE }, async () => {
    for (const item of itemsLeft) await work(item);
  });
  await Promise.all(runners);
}

/** Turns the counts of one symbol, day after day, into one array per name. */
function byName(counts: Uint16Array): Record<CellCount, number[]> {
  const days = Array.from({ length: counts.length / COUNTS_A_CELL }, (_, day) => day * COUNTS_A_CELL);
  const named = CELL_COUNTS.map((name, place) => [name, days.map((at) => counts[at + place]!)]);
  return Object.fromEntries(named) as Record<CellCount, number[]>;
}

/** The numbers of gaps and of empty slots of one symbol. */
export interface EmptySlots {
  symbol: string;
  gaps: number;
  slots: number;
}

/** The symbols with empty slots, sorted by name. @throws SessionLostError */
export async function readEmptySlots(listing: Listing, query: EmptySlotsQuery): Promise<EmptySlots[]> {
  const { layout, reads } = listing;
  const end = await visibleEnd(listing, query.view); // this read also updates `reads.firstKept`
  const store = new UpkeepReads(listing.redis, layout);
  const found = new Map<string, EmptySlots>();
  const symbols = [...new Set(query.symbols ?? listing.symbols)];
  const partitions = [...byPartition(symbols, (symbol) => layout.partitionOf(symbol)!)];
  for (let day = reads.firstKept; day < layout.days.length && layout.grid(day).open < end; day++) {
    if (!isRequested(layout.day(day).date, query)) continue;
    const closed = layout.grid(day).closedBy(end);
    const read = await Promise.all(partitions.map(([partition, members]) => store.readDay(partition, day, members)));
    // A day that was removed meanwhile may have been read in part.
    if (day < (await reads.moment()).firstKept) continue;
    for (const { symbol, bitmap, states } of read.flat()) {
      const gaps = slotsToAsk(bitmap, states, closed, 'all');
      if (gaps.length === 0) continue;
      const total = found.get(symbol) ?? { symbol, gaps: 0, slots: 0 };
      total.gaps += gaps.length;
      total.slots += gaps.reduce((slots, gap) => slots + gap.end - gap.start, 0);
      found.set(symbol, total);
    }
  }
  return [...found.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

/** Whether a query includes a date. A bound that is left out does not exclude it. */
function isRequested(date: string, { from = date, to = date }: Partial<EmptySlotsQuery>): boolean {
  return from <= date && date <= to;
}
