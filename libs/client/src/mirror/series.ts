/**
 * The visible bars of one symbol at one interval: the rows that are closed at a given clock (invariant I2) and, at a derived interval,
 * the bar that is still forming. Makes bar objects on access and caches the newest. Does no I/O; the clock is an argument.
 */
import { aggregateInto, DayChunk, formingBucket, type Interval, type ShownBar } from '@barkeep/bars';
import { dayAtClock, type SessionLayout } from '@barkeep/session-data';
import { BarColumns, barOfRow, openTimeOf, ROW_DOUBLES } from './columns.js';
import type { SlotClock } from './slot-clock.js';

/** Maximum number of cached bar objects. */
const CACHE_MAX = 512;

/** A bar of a mirror. The object is shared between callers: do not change it. */
export type MirrorBar = Readonly<ShownBar>;

/** The instant of a read. */
export interface MirrorTime {
  /** Simulated time, epoch ms. */
  readonly clock: number;
  /** Increases whenever `clock` does. Comparing this small integer is faster than comparing `clock`. */
  readonly moves: number;
  readonly layout: SessionLayout;
}

export class MirrorSeries {
  readonly columns: BarColumns;
  /** The last result of {@link visibleEnd}. */
  private visible = 0;
  /** The clock for which it was computed; NaN before the first call. */
  private visibleAt = NaN;
  /** The columns' generation at that time. */
  private generation = 0;
  /** Cached bar objects of the rows from `objectsFrom` on. */
  private objects: MirrorBar[] = [];
  private objectsFrom = 0;
  /** Cached results. Each is valid while `MirrorTime.moves` equals its `…At`; -1 is never valid. */
  private newest: MirrorBar | undefined;
  private newestAt = -1;
  private lastFound: MirrorBar[] = [];
  private lastCount = 0;
  private lastAt = -1;
  private forming: MirrorBar | undefined;
  private formingAt = -1;

  /**
   * @param slots open and close times of the interval's slots
   * @param capacity initial capacity, in bars
   * @param base the symbol's base bars; undefined for the base interval itself and for an interval that shows no forming bar
   */
  constructor(
    private readonly slots: SlotClock,
    capacity: number,
    private readonly base?: MirrorSeries,
  ) {
    this.columns = new BarColumns(capacity);
  }

  get interval(): Interval {
    return this.slots.interval;
  }

  /** Forgets the cached results. To be called when shown rows of this series or of the base bars may have changed. */
  rowsChanged(): void {
    this.newestAt = this.lastAt = this.formingAt = -1;
  }

  /** The row after the newest row that is closed at `clock`, epoch ms. Fastest when the clock moves in small steps. */
  visibleEnd(clock: number): number {
    const { columns } = this;
    // Searches after rows have moved, when the clock went back, and at the first call, as a comparison with NaN is false. Otherwise steps on
    // from the last result.
    if (this.generation !== columns.generation || !(clock >= this.visibleAt)) {
      this.visible = columns.rowFrom(this.slots.openLimit(clock));
      this.dropStaleCache();
    } else if (clock !== this.visibleAt) {
      const { rows, end } = columns;
      const limit = this.slots.openLimit(clock);
      let row = Math.max(this.visible, columns.first);
      while (row < end && openTimeOf(rows, row) < limit) row++;
      this.visible = row;
    }
    this.visibleAt = clock;
    return this.visible;
  }

  /** Number of bars that are closed at `clock`. */
  countAt(clock: number): number {
    return Math.max(0, this.visibleEnd(clock) - this.columns.first);
  }

  /** The newest bar: the forming bar if there is one, else the last closed bar; undefined without both. */
  latest(now: MirrorTime): MirrorBar | undefined {
    if (now.moves === this.newestAt) return this.newest;
    const end = this.visibleEnd(now.clock);
    this.newest = this.formingBar(now) ?? this.cachedBar(end - 1);
    this.newestAt = now.moves;
    return this.newest;
  }

  /** The newest `count` bars, oldest first, including the forming one, in a new array. */
  last(now: MirrorTime, count: number): MirrorBar[] {
    // The same call again: a copy of the cached array is almost free.
    if (count === this.lastCount && now.moves === this.lastAt) return this.lastFound.slice();
    const found = this.findLast(now, count);
    if (found.length > CACHE_MAX / 2) return found;
    this.lastFound = found;
    this.lastCount = count;
    this.lastAt = now.moves;
    return found.slice();
  }

  /** As {@link last}, without the cache. */
  private findLast(now: MirrorTime, count: number): MirrorBar[] {
    if (!(count >= 1)) return []; // also for NaN
    const forming = this.base ? this.formingBar(now) : undefined;
    const end = this.visibleEnd(now.clock);
    const from = Math.max(this.columns.first, end - Math.floor(count) + (forming ? 1 : 0));
    const bars = this.objectsOf(from, end);
    if (forming) bars.push(forming);
    return bars;
  }

  /** Close prices of the newest `count` closed bars at `clock`, oldest first: a view of memory. */
  closes(clock: number, count: number): Float64Array {
    const end = this.visibleEnd(clock);
    return this.columns.closesOf(Math.max(this.columns.first, end - Math.max(0, Math.floor(count))), end);
  }

  /** The bar of a row; undefined for the row before the first. */
  private cachedBar(row: number): MirrorBar | undefined {
    if (row < this.columns.first) return undefined;
    const at = row - this.objectsFrom;
    return at >= 0 && at < this.objects.length ? this.objects[at] : this.objectsOf(row, row + 1)[0];
  }

  /** The bars of rows `[from, to)` in a new array. */
  private objectsOf(from: number, to: number): MirrorBar[] {
    const { objects } = this;
    if (to - from > CACHE_MAX / 2) return Array.from({ length: to - from }, (_, i) => this.bar(from + i));
    let end = this.objectsFrom + objects.length;
    if (from < this.objectsFrom || from > end || to - this.objectsFrom > CACHE_MAX) {
      const kept = from >= this.objectsFrom && from < end ? objects.slice(from - this.objectsFrom) : [];
      this.objects = kept;
      this.objectsFrom = from;
      end = from + kept.length;
    }
    for (; end < to; end++) this.objects.push(this.bar(end));
    return this.objects.slice(from - this.objectsFrom, to - this.objectsFrom);
  }

  /** A new bar object. */
  private bar(row: number): MirrorBar {
    const { rows } = this.columns;
    return barOfRow(rows, row, this.slots.closeTime(openTimeOf(rows, row)));
  }

  /** Drops the cached objects when rows have moved since they were made. */
  private dropStaleCache(): void {
    if (this.generation === this.columns.generation) return;
    this.generation = this.columns.generation;
    this.objects = [];
    this.objectsFrom = 0;
  }

  /** The forming bar, cached. */
  private formingBar(now: MirrorTime): MirrorBar | undefined {
    if (!this.base) return undefined;
    if (now.moves === this.formingAt) return this.forming;
    this.forming = this.makeForming(now, this.base);
    this.formingAt = now.moves;
    return this.forming;
  }

  /** The bar of the bucket that contains the clock; undefined when no bucket is forming or it has no visible base bar. */
  private makeForming({ clock, layout }: MirrorTime, base: MirrorSeries): MirrorBar | undefined {
    const day = dayAtClock(layout, clock);
    const grid = layout.grid(day);
    const plan = layout.plan(day, this.interval);
    const bucket = formingBucket(grid, plan, clock);
    if (!bucket) return undefined;
    const from = base.columns.rowFrom(grid.openTime(bucket.from));
    const openTime = plan.grid.openTime(bucket.bucket);
    const closeTime = grid.closeTime(bucket.closed - 1);
    return aggregateRows(base.columns, from, base.visibleEnd(clock), {
      openTime,
      closeTime,
      expectedCount: bucket.to - bucket.from,
    });
  }
}

/** The times and the expected count of a derived bar. */
interface DerivedFrame {
  /** Epoch ms. */
  openTime: number;
  closeTime: number;
  /** Base slots of the whole bucket. */
  expectedCount: number;
}

/** Aggregates rows `[from, to)` with the function that upkeep workers use for stored bars; undefined without rows. */
function aggregateRows(rows: BarColumns, from: number, to: number, frame: DerivedFrame): MirrorBar | undefined {
  if (to <= from) return undefined;
  const source = new DayChunk(to - from);
  const { doubles } = rows.rows;
  for (let row = from; row < to; row++) {
    const at = row * ROW_DOUBLES;
    const [open, high, low] = [doubles[at + 1]!, doubles[at + 2]!, doubles[at + 3]!];
    // Offsets 1 to 5 in a row are open, high, low, close and volume. The last four arguments are origin code 1 (streamed), dataset 0,
    // and a source count and expected count of 1; the result takes none of these.
    source.write(row - from, open, high, low, doubles[at + 4]!, doubles[at + 5]!, 1, 0, 1, 1);
  }
  return aggregateChunk(source, frame);
}

/** Aggregates base bars, which are in time order, as {@link aggregateRows} does; undefined without bars. */
export function aggregateBars(bars: readonly MirrorBar[], frame: DerivedFrame): MirrorBar | undefined {
  if (bars.length === 0) return undefined;
  const source = new DayChunk(bars.length);
  bars.forEach((bar, slot) => source.writeBar(slot, bar, 'streamed', 0));
  return aggregateChunk(source, frame);
}

/** @param source a chunk without empty slots */
function aggregateChunk(source: DayChunk, frame: DerivedFrame): MirrorBar {
  const { slotCount: sourceCount } = source;
  const into = new DayChunk(1);
  aggregateInto(into, source, Int32Array.of(0, sourceCount), 1);
  const [open, high, low, close, volume] = into.doubles.subarray(into.firstDouble, into.firstDouble + 5);
  const complete = sourceCount === frame.expectedCount;
  const values = { open: open!, high: high!, low: low!, close: close!, volume: volume! };
  return { ...frame, ...values, origin: 'derived', dataset: 0, sourceCount, complete };
}
