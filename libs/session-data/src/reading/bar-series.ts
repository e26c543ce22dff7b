/** The visible bars of one symbol at one interval (I2, docs/ARCHITECTURE.md). Each answer is correct for one clock, also while it moves. */
import { bitmapBytes, countBits, DayChunk, fillForward } from '@barkeep/bars';
import type { DayGrid, Fill, Interval, ShownBar, StoredBar } from '@barkeep/bars';
import { type ClockedReads, visibleWatermark } from './clocked-reads.js';
import { dayAtClock, type ChunkPart, partChunk, partCommands } from './chunk-part.js';
import { type FormingRead, formingRead } from './forming-read.js';
import type { PartitionKeys, SessionLayout } from '../layout/index.js';

/** How bars are shown. */
export interface FillOptions {
  /**
   * `forward` shows an empty slot with the last close as open, high, low and close, volume 0 and origin `filled-forward`;
   * slots before the symbol's first bar are not shown. Default: `none`.
   */
  fill?: Fill;
}

/** Most days per round trip. */
const DAYS_A_CALL = 32;

/** Which slots are shown, and how. Times are epoch ms. */
interface Shown {
  /** Only slots that are closed at this time. */
  clock: number;
  /** Only slots that open in `[from, to)`. */
  from: number;
  to: number;
  fill: Fill;
  /** With `forward`: only empty slots that are closed at this time are filled. */
  fillBefore: number;
}

export class BarSeries {
  constructor(
    private readonly reads: ClockedReads,
    private readonly layout: SessionLayout,
    readonly symbol: string,
    readonly interval: Interval,
    readonly keys: PartitionKeys,
  ) {}

  /** The newest `count` bars, oldest first; with `forward` the bars of the newest `count` slots. Usually takes one round trip. */
  async last(count: number, { fill = 'none' }: FillOptions = {}): Promise<ShownBar[]> {
    if (count < 1) return [];
    const fillBefore = await this.settledUntil(fill);
    const [clock, replies] = await this.reads.readAt((at) => [
      ...partCommands(this.tail(at, count)),
      ...(this.formingAt(at)?.commands ?? []),
    ]);
    const forming = this.formingAt(clock)?.barOf(replies.slice(2)); // the first two replies belong to the tail
    const wanted = count - (forming ? 1 : 0); // closed bars: a forming bar is one of the `count` bars
    const shown = { clock, from: -Infinity, to: Infinity, fill, fillBefore };
    const tail = this.tail(clock, count);
    const tailBars = this.show(tail.day, [partChunk(tail, replies)], shown).bars;
    // Usually the tail, which is of the day of the clock, has enough bars. If not, reads that day and the days before it.
    const hasEnough = tailBars.length >= wanted;
    const closedBars = hasEnough ? tailBars.slice(tailBars.length - wanted) : await this.walkBack(shown, wanted);
    return forming ? [...closedBars, forming] : closedBars;
  }

  /** Bars with `from <= openTime < to`, oldest first, at most `limit`. */
  async between(from: number, to: number, limit: number, { fill = 'none' }: FillOptions = {}): Promise<ShownBar[]> {
    const fillBefore = await this.settledUntil(fill);
    const bars: ShownBar[] = [];
    const { days } = this.layout;
    let clock: number | undefined; // unknown until the first read
    let lastClose: number | undefined;
    let day = this.layout.dayIndexAt(from);
    while (day < days.length && bars.length < limit) {
      if (this.layout.grid(day).open >= Math.min(to, clock ?? to)) break;
      const [clockAtRead, chunks] = await this.readDays(day, Math.min(day + DAYS_A_CALL, days.length));
      if (clock === undefined) {
        // The clock of the first read counts for the whole answer.
        clock = clockAtRead;
        if (fill === 'forward') lastClose = await this.closeBefore(from, clock);
      }
      const part = this.show(day, chunks, { clock, from, to, fill, fillBefore }, lastClose);
      bars.push(...part.bars);
      lastClose = part.lastClose;
      // Skips days that were removed meanwhile.
      day = Math.max(day + DAYS_A_CALL, this.reads.firstKept);
    }
    if (clock !== undefined && bars.length < limit) bars.push(...(await this.formingBetween(from, to, clock)));
    return bars.slice(0, limit);
  }

  /** Number of visible bars on the retained days. A bar that is still forming does not count. */
  async count(): Promise<number> {
    const [clock, bitmaps] = await this.reads.read(
      this.layout.days.map((_, day) => ['getrangeBuffer', this.key(day), 0, bitmapBytes(this.grid(day).slotCount) - 1]),
    );
    let bars = 0;
    for (const [day, bitmap] of bitmaps.entries()) {
      if (bitmap && day >= this.reads.firstKept) bars += countBits(bitmap, 0, this.grid(day).closedBy(clock));
    }
    return bars;
  }

  /** The tail: the last closed slots, at most `count`, of the day of the clock. */
  private tail(clock: number, count: number): ChunkPart & { day: number } {
    const day = dayAtClock(this.layout, clock);
    const grid = this.grid(day);
    const closed = grid.closedBy(clock);
    return { day, key: this.key(day), slotCount: grid.slotCount, from: Math.max(0, closed - count), to: closed };
  }

  /** The newest `wanted` bars in the shown slots. Reads days backward, in each round trip twice as many as in the one before. */
  private async walkBack(shown: Shown, wanted: number): Promise<ShownBar[]> {
    const { days } = this.layout;
    // The days `[0, end)` are not read yet; the next round trip reads the last `size` of them.
    let end = 1 + Math.min(dayAtClock(this.layout, shown.clock), this.layout.dayIndexAt(shown.to), days.length - 1);
    let size = Math.ceil(wanted / this.grid(end - 1).slotCount);
    let chunks: (DayChunk | undefined)[] = [];
    let bars: ShownBar[] = [];
    while (end > this.reads.firstKept && bars.length < wanted) {
      const first = Math.max(this.reads.firstKept, end - Math.min(size, DAYS_A_CALL));
      const [, olderChunks] = await this.readDays(first, end);
      if (shown.fill === 'none') bars = this.show(first, olderChunks, shown).bars.concat(bars);
      else {
        // A filled slot depends on the days before it, so the later days are shown again.
        chunks = olderChunks.concat(chunks);
        ({ bars } = this.show(first, chunks, shown));
      }
      end = first;
      size *= 2;
    }
    return bars.slice(-wanted);
  }

  /** Close of the newest bar that opened before `time`. */
  private async closeBefore(time: number, clock: number): Promise<number | undefined> {
    const [bar] = await this.walkBack({ clock, from: -Infinity, to: time, fill: 'none', fillBefore: 0 }, 1);
    return bar?.close;
  }

  /** The shown bars of days from `firstDay` on, and with `forward` the last close. @param lastClose the close before these bars */
  private show(
    firstDay: number,
    chunks: readonly (DayChunk | undefined)[],
    { clock, from, to, fill, fillBefore }: Shown,
    lastClose?: number,
  ): { bars: ShownBar[]; lastClose: number | undefined } {
    const result = { bars: [] as ShownBar[], lastClose };
    chunks.forEach((chunk, i) => {
      const grid = this.grid(firstDay + i);
      const [first, end] = [grid.firstFrom(from), Math.min(grid.closedBy(clock), grid.firstFrom(to))];
      if (fill === 'none') {
        if (chunk) for (const bar of chunk.bars(grid, first, end)) result.bars.push(bar);
        return;
      }
      const bucketStarts = this.isBase ? undefined : this.layout.plan(firstDay + i, this.interval).starts;
      const range = { grid, from: first, to: end, fillTo: grid.closedBy(fillBefore), starts: bucketStarts };
      const day = fillForward(chunk, range, result.lastClose);
      for (const bar of day.bars) result.bars.push(bar);
      result.lastClose = day.lastClose;
    });
    return result;
  }

  /** The time before which empty slots are filled, epoch ms. After the watermark a slot may be empty because its bar is not derived yet. */
  private async settledUntil(fill: Fill): Promise<number> {
    if (fill === 'none' || this.isBase) return Infinity;
    const [clock, [watermark]] = await this.reads.read([['hgetBuffer', this.keys.meta, 'watermark']]);
    return visibleWatermark(this.layout, Number(watermark?.toString() ?? 0), clock);
  }

  /** The forming bar, if it opens in `[from, to)`; otherwise an empty list. */
  private async formingBetween(from: number, to: number, clock: number): Promise<StoredBar[]> {
    const forming = this.formingAt(clock);
    if (!forming || forming.openTime < from || forming.openTime >= to) return [];
    const [, replies] = await this.reads.read(forming.commands);
    const bar = forming.barOf(replies);
    return bar ? [bar] : [];
  }

  /** Only intervals that upkeep computes have a forming bar: a bar of another one would disappear when it closes. */
  private formingAt(clock: number): FormingRead | undefined {
    return this.layout.computed.includes(this.interval) ? formingRead(this.layout, this, clock) : undefined;
  }

  /** Whole chunks of the days `[from, to)`; undefined for a day that has no chunk or is no longer retained. */
  private async readDays(from: number, to: number): Promise<[clock: number, chunks: (DayChunk | undefined)[]]> {
    const days = Array.from({ length: to - from }, (_, i) => from + i);
    const [clock, replies] = await this.reads.read(days.map((day) => ['getBuffer', this.key(day)]));
    const chunks = replies.map((bytes, i) =>
      bytes && from + i >= this.reads.firstKept ? new DayChunk(this.grid(from + i).slotCount, bytes) : undefined,
    );
    return [clock, chunks];
  }

  private get isBase(): boolean {
    return this.interval === this.layout.base;
  }

  private grid(day: number): DayGrid {
    return this.layout.grid(day, this.interval);
  }

  private key(day: number): string {
    return this.keys.chunk(this.interval.name, this.symbol, this.layout.day(day).date);
  }
}
