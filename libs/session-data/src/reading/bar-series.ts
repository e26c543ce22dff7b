/**
 * The visible bars of one symbol at one interval (I2): the newest `count`, or those of a range. For a derived interval also
 * the bar that is still forming (forming-read.ts), and on request empty slots filled forward. An answer is correct for one
 * clock, even when it takes several round trips while the clock moves. Writes nothing.
 */
import {
  bitmapBytes,
  chunkOfPart,
  countBits,
  DayChunk,
  fillForward,
  type DayGrid,
  type Fill,
  type Interval,
  type ShownBar,
  type StoredBar,
} from '@barkeep/bars';
import type { ReadCommand } from '../redis/index.js';
import { type ClockedReads, visibleWatermark } from './clocked-reads.js';
import { dayAtClock, FormingRead, partCommands } from './forming-read.js';
import type { PartitionKeys, SessionLayout } from '../layout/index.js';

/** How bars are shown. */
export interface FillOptions {
  /**
   * `forward` shows an empty slot with the last close as open, high, low and close, volume 0 and origin `filled-forward`;
   * nothing before a symbol's first bar. Default: `none`.
   */
  fill?: Fill;
}

/** Days fetched in one round trip. */
const DAYS_A_CALL = 32;

/** Which slots are shown: those before `before` that are closed at `clock`; empty ones are filled before `fillBefore`. */
interface View {
  clock: number;
  before: number;
  fill: Fill;
  fillBefore: number;
}

export class BarSeries {
  private readonly forming: FormingRead | undefined;

  constructor(
    private readonly reads: ClockedReads,
    private readonly layout: SessionLayout,
    private readonly symbol: string,
    private readonly interval: Interval,
    private readonly keys: PartitionKeys,
  ) {
    // If upkeep does not compute the interval, a bar would be visible while it forms and disappear when it closes.
    this.forming = layout.computed.includes(interval) ? new FormingRead(layout, symbol, interval, keys) : undefined;
  }

  /** The newest `count` bars, oldest first; with `forward` those of the newest `count` slots. One round trip in the usual case. */
  async last(count: number, fill: Fill): Promise<ShownBar[]> {
    if (count < 1) return [];
    const fillBefore = await this.settledUntil(fill);
    let tail = 0;
    const [clock, replies] = await this.reads.readAt((at) => {
      const commands = this.tailCommands(at, count);
      tail = commands.length;
      return [...commands, ...(this.forming?.commands(at) ?? [])];
    });
    const forming = this.forming?.bar(clock, replies.slice(tail));
    const wanted = count - (forming ? 1 : 0);
    const view = { clock, before: Infinity, fill, fillBefore };
    const closed = this.tailBars(view, count, wanted, replies) ?? (await this.walkBack(view, wanted));
    return forming ? [...closed, forming] : closed;
  }

  /** Bars with `from <= openTime < to`, oldest first, at most `limit`. */
  async between(from: number, to: number, limit: number, fill: Fill): Promise<ShownBar[]> {
    const fillBefore = await this.settledUntil(fill);
    const found: ShownBar[] = [];
    const { days } = this.layout;
    let clock: number | undefined;
    let lastClose: number | undefined;
    for (let day = this.layout.dayIndexAt(from); day < days.length && found.length < limit;) {
      if (this.layout.grid(day).open >= Math.min(to, clock ?? to)) break;
      const [seen, chunks] = await this.readDays(day, Math.min(day + DAYS_A_CALL, days.length));
      if (clock === undefined) {
        clock = seen;
        if (fill === 'forward') lastClose = await this.closeBefore(from, clock);
      }
      const part = this.show(day, chunks, { clock, before: to, fill, fillBefore }, from, lastClose);
      found.push(...part.bars);
      lastClose = part.lastClose;
      day = Math.max(day + DAYS_A_CALL, this.reads.firstKept);
    }
    if (clock !== undefined && found.length < limit) found.push(...(await this.formingBetween(from, to, clock)));
    return found.slice(0, limit);
  }

  /** Number of visible bars; one that is forming does not count. */
  async count(): Promise<number> {
    const [clock, bitmaps] = await this.reads.read(
      this.layout.days.map((_, day) => ['getrangeBuffer', this.key(day), 0, bitmapBytes(this.grid(day).slotCount) - 1]),
    );
    return bitmaps.reduce<number>(
      (sum, bitmap, day) =>
        bitmap && day >= this.reads.firstKept ? sum + countBits(bitmap, 0, this.grid(day).closedBy(clock)) : sum,
      0,
    );
  }

  /** The commands that read the last `count` closed slots, at most, of the day in which the clock is. */
  private tailCommands(clock: number, count: number): ReadCommand[] {
    const day = dayAtClock(this.layout, clock);
    const closed = this.grid(day).closedBy(clock);
    return partCommands(this.key(day), this.grid(day).slotCount, Math.max(0, closed - count), closed);
  }

  /** The newest `wanted` bars out of what {@link tailCommands} fetched for `count`; undefined when it holds fewer. */
  private tailBars(view: View, count: number, wanted: number, replies: (Buffer | null)[]): ShownBar[] | undefined {
    if (wanted === 0) return [];
    const [bitmap, records] = replies;
    const day = dayAtClock(this.layout, view.clock);
    const closed = this.grid(day).closedBy(view.clock);
    if (!bitmap || !records) return undefined;
    const from = Math.max(0, closed - count);
    const chunk = chunkOfPart(this.grid(day).slotCount, bitmap, records, from, closed);
    const { bars } = this.show(day, [chunk], view, -Infinity, undefined);
    return bars.length >= wanted ? bars.slice(-wanted) : undefined;
  }

  /** The newest `wanted` bars of a view. Reads days backward, more of them in each round. */
  private async walkBack(view: View, wanted: number): Promise<ShownBar[]> {
    const { days } = this.layout;
    let end = 1 + Math.min(dayAtClock(this.layout, view.clock), this.layout.dayIndexAt(view.before), days.length - 1);
    let size = Math.ceil(wanted / this.grid(end - 1).slotCount);
    let chunks: (DayChunk | undefined)[] = [];
    let bars: ShownBar[] = [];
    while (end > this.reads.firstKept && bars.length < wanted) {
      const first = Math.max(this.reads.firstKept, end - Math.min(size, DAYS_A_CALL));
      const [, read] = await this.readDays(first, end);
      if (view.fill === 'none') bars = this.show(first, read, view, -Infinity, undefined).bars.concat(bars);
      else {
        // A filled slot depends on the days before it, so the later days are shown again.
        chunks = read.concat(chunks);
        ({ bars } = this.show(first, chunks, view, -Infinity, undefined));
      }
      end = first;
      size *= 2;
    }
    return bars.slice(-wanted);
  }

  /** Close of the newest bar that opened before `time`. */
  private async closeBefore(time: number, clock: number): Promise<number | undefined> {
    const [bar] = await this.walkBack({ clock, before: time, fill: 'none', fillBefore: 0 }, 1);
    return bar?.close;
  }

  /** What a view shows of days from `firstDay` on, slots that open at `from` or later. */
  private show(
    firstDay: number,
    chunks: readonly (DayChunk | undefined)[],
    { clock, before, fill, fillBefore }: View,
    from: number,
    lastClose: number | undefined,
  ): { bars: ShownBar[]; lastClose: number | undefined } {
    const shown = { bars: [] as ShownBar[], lastClose };
    chunks.forEach((chunk, i) => {
      const grid = this.grid(firstDay + i);
      const [first, end] = [grid.firstFrom(from), Math.min(grid.closedBy(clock), grid.firstFrom(before))];
      if (fill === 'none') {
        if (chunk) for (const bar of chunk.bars(grid, first, end)) shown.bars.push(bar);
        return;
      }
      const starts = this.isBase ? undefined : this.layout.plan(firstDay + i, this.interval).starts;
      const range = { grid, from: first, to: end, fillTo: grid.closedBy(fillBefore), starts };
      const day = fillForward(chunk, range, shown.lastClose);
      for (const bar of day.bars) shown.bars.push(bar);
      shown.lastClose = day.lastClose;
    });
    return shown;
  }

  /**
   * The time before which an empty slot is final. After the watermark the slot of a derived bar may be empty because
   * the bar is not derived yet.
   */
  private async settledUntil(fill: Fill): Promise<number> {
    if (fill === 'none' || this.isBase) return Infinity;
    const [clock, [watermark]] = await this.reads.read([['hgetBuffer', this.keys.meta, 'watermark']]);
    return visibleWatermark(this.layout, Number(watermark?.toString() ?? 0), clock);
  }

  private async formingBetween(from: number, to: number, clock: number): Promise<StoredBar[]> {
    const openTime = this.forming?.openTime(clock);
    if (!this.forming || openTime === undefined || openTime < from || openTime >= to) return [];
    const [, replies] = await this.reads.read(this.forming.commands(clock));
    const bar = this.forming.bar(clock, replies);
    return bar ? [bar] : [];
  }

  /** Whole chunks of the days `[from, to)`; undefined for a day that is no longer retained. */
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
