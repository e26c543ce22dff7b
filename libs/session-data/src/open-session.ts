/**
 * Reading one session. Every read fetches the clock before the bars, in the same round trip, and shows only bars with
 * `closeTime <= clock` (I2): whatever lands in between is cut off. Ranges are end exclusive, times epoch ms.
 */
import { bitmapBytes, countBits, DayChunk, recordOffset, type Interval, type StoredBar } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { digestOf, type SessionDigest } from './digest.js';
import { SessionLostError, UnknownIntervalError, UnknownSymbolError } from './errors.js';
import type { PartitionKeys } from './keys.js';
import type { SessionLayout } from './layout.js';
import {
  readGaps,
  readMetrics,
  readPosition,
  type SessionPosition,
  type SymbolGap,
  type SymbolMetrics,
} from './metrics.js';
import { runPipeline } from './pipeline.js';

/** Days fetched in one round trip. */
const DAYS_A_CALL = 32;

interface Series {
  symbol: string;
  interval: Interval;
  keys: PartitionKeys;
}

export class OpenSession {
  /** The clock as it was last seen: what is most likely wanted next is fetched with it in one round trip. */
  private seenClock: number;

  constructor(
    private readonly redis: Redis,
    readonly layout: SessionLayout,
  ) {
    this.seenClock = layout.start;
  }

  /** Clock, frontier, watermark and the counts of all symbols before the frontier. @throws SessionLostError */
  async position(): Promise<SessionPosition> {
    return readPosition(this.redis, this.layout);
  }

  /** The session's clock, epoch ms. @throws SessionLostError */
  async clock(): Promise<number> {
    const [clock] = await this.readWithClock([]);
    return clock;
  }

  activeSymbols(): readonly string[] {
    return this.layout.spec.symbols;
  }

  /** The newest visible bar, or undefined. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  async latestBar(symbol: string, interval?: string): Promise<StoredBar | undefined> {
    return (await this.lastBars(symbol, interval, 1))[0];
  }

  /** The newest visible bar of each symbol that has one. */
  async latestBars(symbols: readonly string[], interval?: string): Promise<Map<string, StoredBar>> {
    for (const symbol of symbols) this.series(symbol, interval);
    const bars = await Promise.all(symbols.map((symbol) => this.latestBar(symbol, interval)));
    return new Map(symbols.flatMap((symbol, i) => (bars[i] ? [[symbol, bars[i]]] : [])));
  }

  /** The newest `count` visible bars, oldest first; holes are not counted, days are crossed. */
  async lastBars(symbol: string, interval: string | undefined, count: number): Promise<StoredBar[]> {
    const series = this.series(symbol, interval);
    let { clock, day, chunk } = await this.readTail(series, this.seenClock, count);
    const found: StoredBar[][] = [];
    for (let missing = count; missing > 0 && day >= 0;) {
      const grid = this.layout.grid(day, series.interval);
      const bars = chunk?.bars(grid, 0, grid.closedBy(clock)).slice(-missing) ?? [];
      found.unshift(bars);
      missing -= bars.length;
      if (missing > 0 && --day >= 0) [, chunk] = await this.readDays(series, day, day + 1).then(([c, d]) => [c, d[0]]);
    }
    return found.flat();
  }

  /** Visible bars with `from <= openTime < to`, oldest first, at most `limit`. */
  async barsBetween(
    symbol: string,
    interval: string | undefined,
    from: number,
    to: number,
    limit = 10_000,
  ): Promise<StoredBar[]> {
    const series = this.series(symbol, interval);
    const found: StoredBar[] = [];
    const { days } = this.layout;
    for (let day = this.layout.dayIndexAt(from); day < days.length && found.length < limit; day += DAYS_A_CALL) {
      if (this.layout.grid(day).open >= to) break;
      const [clock, chunks] = await this.readDays(series, day, Math.min(day + DAYS_A_CALL, days.length));
      chunks.forEach((chunk, i) => {
        const grid = this.layout.grid(day + i, series.interval);
        const end = Math.min(grid.closedBy(clock), grid.firstFrom(to));
        if (chunk) found.push(...chunk.bars(grid, grid.firstFrom(from), end));
      });
    }
    return found.slice(0, limit);
  }

  /** Visible bars that opened at `time` or later, oldest first, at most `limit`. */
  async barsSince(symbol: string, interval: string | undefined, time: number, limit = 10_000): Promise<StoredBar[]> {
    return this.barsBetween(symbol, interval, time, this.layout.end, limit);
  }

  /** Number of visible bars. */
  async barCount(symbol: string, interval?: string): Promise<number> {
    const { interval: wanted, keys } = this.series(symbol, interval);
    const [clock, bitmaps] = await this.readWithClock(
      this.layout.days.map(({ date }, day) => {
        const { slotCount } = this.layout.grid(day, wanted);
        return ['getrangeBuffer', keys.chunk(wanted.name, symbol, date), 0, bitmapBytes(slotCount) - 1];
      }),
    );
    return bitmaps.reduce<number>(
      (sum, bitmap, day) => sum + (bitmap ? countBits(bitmap, 0, this.layout.grid(day, wanted).closedBy(clock)) : 0),
      0,
    );
  }

  /** Quality, counts and extremes of one symbol before the clock. */
  async metrics(symbol: string): Promise<SymbolMetrics> {
    this.series(symbol);
    return readMetrics(this.redis, this.layout, symbol);
  }

  /** Gaps of one symbol before the frontier, oldest first. */
  async gaps(symbol: string): Promise<SymbolGap[]> {
    this.series(symbol);
    return readGaps(this.redis, this.layout, symbol);
  }

  /** SHA-256 over all chunks in key order (I1), staged ones included. */
  async digest(): Promise<SessionDigest> {
    await this.clock();
    return digestOf(this.redis, this.layout);
  }

  private series(symbol: string, interval: string = this.layout.base.name): Series {
    const partition = this.layout.partitionOf(symbol);
    if (partition === undefined) throw new UnknownSymbolError(this.layout.id, symbol);
    const found = this.layout.interval(interval);
    if (!found) {
      const known = [this.layout.base, ...this.layout.derived].map(({ name }) => name);
      throw new UnknownIntervalError(this.layout.id, interval, known);
    }
    return { symbol, interval: found, keys: this.layout.keysOf(partition) };
  }

  /** The day in which the clock stands, with its last `count` closed slots at least; again when the clock has moved. */
  private async readTail(
    { symbol, interval, keys }: Series,
    clockGuess: number,
    count: number,
  ): Promise<{ clock: number; day: number; chunk: DayChunk | undefined }> {
    const day = Math.max(
      0,
      this.layout.days.findLastIndex((_, i) => this.layout.grid(i).open < clockGuess),
    );
    const grid = this.layout.grid(day, interval);
    const closed = grid.closedBy(clockGuess);
    const from = Math.max(0, closed - count);
    const key = keys.chunk(interval.name, symbol, grid.date);
    const start = recordOffset(grid.slotCount, from);
    const [clock, [bitmap, records]] = await this.readWithClock([
      ['getrangeBuffer', key, 0, bitmapBytes(grid.slotCount) - 1],
      ['getrangeBuffer', key, start, recordOffset(grid.slotCount, closed) - 1],
    ]);
    if (clock !== clockGuess) return this.readTail({ symbol, interval, keys }, clock, count);
    if (!bitmap?.length) return { clock, day, chunk: undefined };
    if (countBits(bitmap, from, closed) < Math.min(count, closed)) {
      const [, chunks] = await this.readDays({ symbol, interval, keys }, day, day + 1);
      return { clock, day, chunk: chunks[0] };
    }
    const chunk = new DayChunk(grid.slotCount);
    chunk.bytes.set(records ?? [], start);
    for (let slot = from; slot < closed; slot += 8 - (slot & 7)) chunk.bitmap[slot >> 3] = bitmap[slot >> 3]!;
    if (from & 7) chunk.bitmap[from >> 3]! &= 0xff >> (from & 7);
    return { clock, day, chunk };
  }

  /** Whole chunks of the days `[from, to)`, after the clock. */
  private async readDays(
    { symbol, interval, keys }: Series,
    from: number,
    to: number,
  ): Promise<[clock: number, chunks: (DayChunk | undefined)[]]> {
    const days = this.layout.days.slice(from, to);
    const [clock, replies] = await this.readWithClock(
      days.map(({ date }) => ['getBuffer', keys.chunk(interval.name, symbol, date)]),
    );
    const chunks = replies.map((bytes, i) =>
      bytes ? new DayChunk(this.layout.grid(from + i, interval).slotCount, bytes) : undefined,
    );
    return [clock, chunks];
  }

  private async readWithClock(commands: (string | number)[][]): Promise<[clock: number, replies: (Buffer | null)[]]> {
    const pipeline = this.redis.pipeline([['hmget', this.layout.keysOf(0).meta, 'incarnation', 'clock'], ...commands]);
    const [meta, ...replies] = await runPipeline(pipeline);
    const [incarnation, clock] = meta as (string | null)[];
    if (incarnation !== this.layout.incarnation) throw new SessionLostError(this.layout.id);
    this.seenClock = Number(clock);
    return [this.seenClock, replies as (Buffer | null)[]];
  }
}
