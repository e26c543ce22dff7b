/**
 * Feeds a session: writes bars of a symbol into their slots, and stores the progress of its stream. Any number of processes may feed at
 * once, in any order and repeatedly. Does not move the frontier ({@link FeedFrontier} does).
 *
 * The store counts the fed bars of each symbol. A feeder sends the last count that it got. When the store has fewer bars, it was set back: it
 * then refuses this feeder, whose stream would skip the lost bars.
 */
import { randomUUID } from 'node:crypto';
import { type Bar, bitmapBytes, chunkBytes, DayChunk, type DayGrid, LATE, recordOffset } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { atLeastOneBatch } from '../batches.js';
import { FeedSetBackError, SessionLostError, UnknownSymbolError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { type DayBars, type FeedRefusal, sortFedBars } from './fed-bars.js';
import { SCRIPTS, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { EVENTS_KEPT, publishReached } from '../events/index.js';

/** The outcome of one call. Each bar is in one of accepted, duplicates, conflicts and refused; late bars are also accepted ones. */
export interface FeedOutcome {
  /** Number of bars that were written into empty slots. */
  accepted: number;
  /** Number of bars whose slot holds the same bar. */
  duplicates: number;
  /** Number of accepted bars whose slot the frontier had passed. */
  late: number;
  /** Positions in the call of bars whose slot holds a different bar. */
  conflicts: number[];
  /** Positions in the call of bars without a slot or with invalid values. */
  refused: { index: number; reason: FeedRefusal }[];
}

/** Most bars per script call: bounds how long the script blocks Redis. */
const BARS_A_CALL = 1_000;

/** What one call of the script stores for a symbol. */
interface FeedCall {
  bars?: readonly Bar[];
  /** The bars that have a slot, by index of the day. */
  days?: ReadonlyMap<number, DayBars>;
  /** Refused bars by reason. */
  refusals?: ReadonlyMap<string, number>;
  /** The time that the stream has reached, epoch ms. */
  reached?: number | undefined;
  isEnd?: boolean;
}

interface FeedAnswer extends Pick<FeedOutcome, 'accepted' | 'duplicates' | 'late'> {
  /** Days that open before this time take no bars, epoch ms. */
  retainedFrom: number;
  /** Positions of conflicts among the bars that have a slot. */
  conflicts: number[];
}

export class SessionFeed {
  /** Together with `batches` names each script call, so that a repeated call gets the same answer. */
  private readonly feeder = randomUUID();
  private batches = 0;
  /** By symbol, the number of fed bars in the store at the last answer. */
  private readonly storedBySymbol = new Map<string, number>();

  /** @param layout a session whose source is a feed */
  constructor(
    private readonly redis: Redis,
    readonly layout: SessionLayout,
  ) {}

  /** Whether the store of the symbol's partition exists: before that nothing can be fed. @throws UnknownSymbolError */
  async isBegun(symbol: string): Promise<boolean> {
    const { meta } = this.layout.keysOf(this.partitionOf(symbol));
    return this.layout.owns(await this.redis.hget(meta, 'incarnation'));
  }

  /** Number of fed bars of the symbol in the store at the last answer; undefined before the first answer. */
  storedBars(symbol: string): number | undefined {
    return this.storedBySymbol.get(symbol);
  }

  /** Sets the number of fed bars that the store must have, which another feeder was given. */
  expectStored(symbol: string, bars: number): void {
    this.storedBySymbol.set(symbol, bars);
  }

  /**
   * Writes bars of one symbol, in any order and of any days.
   * @param malformed number of further records that could not be parsed; the store counts them as refused
   * @throws FeedSetBackError when the store was set back, and then at every further call for the symbol;
   *   UnknownSymbolError; SessionLostError when there is no store
   */
  async feed(symbol: string, bars: readonly Bar[], malformed = 0): Promise<FeedOutcome> {
    const fed: FeedOutcome = { accepted: 0, duplicates: 0, late: 0, conflicts: [], refused: [] };
    // At least one call, also without bars: it counts `malformed`.
    for (const [call, batch] of atLeastOneBatch(bars, BARS_A_CALL).entries()) {
      const from = call * BARS_A_CALL;
      const part = await this.feedPart(symbol, batch, call === 0 ? malformed : 0);
      fed.accepted += part.accepted;
      fed.duplicates += part.duplicates;
      fed.late += part.late;
      fed.conflicts.push(...part.conflicts.map((index) => from + index));
      fed.refused.push(...part.refused.map(({ index, reason }) => ({ index: from + index, reason })));
    }
    return fed;
  }

  /** Stores that the stream has sent all bars up to `time`, epoch ms. @throws as {@link feed} */
  async through(symbol: string, time: number): Promise<void> {
    await this.runScript(symbol, { reached: Math.min(time, this.layout.end) });
  }

  /** Stores that the symbol's stream has ended. @throws as {@link feed} */
  async end(symbol: string): Promise<void> {
    await this.runScript(symbol, { isEnd: true });
  }

  /** Feeds at most {@link BARS_A_CALL} bars. Positions in the outcome count from the first of these bars. */
  private async feedPart(symbol: string, bars: readonly Bar[], malformed: number): Promise<FeedOutcome> {
    const { days, refused, refusals, lastClose } = sortFedBars(this.layout, bars);
    if (malformed > 0) refusals.set('malformed', malformed);
    // A bar also reports that the stream has reached the bar's close, less the time by which its bars may be late.
    const reached = days.size > 0 ? lastClose - latenessMs(this.layout) : undefined;
    const answer = await this.runScript(symbol, { bars, days, refusals, reached });
    const { accepted, duplicates, late, retainedFrom } = answer;
    // The script numbers the bars that have a slot day by day; the caller numbers all bars.
    const positions = [...days.values()].flatMap((day) => day.positions);
    const conflicts = answer.conflicts.map((at) => positions[at]!);
    for (const [dayIndex, day] of days) {
      if (this.layout.grid(dayIndex).open >= retainedFrom) continue;
      refused.push(...day.positions.map((index) => ({ index, reason: 'retired' as const })));
    }
    return { accepted, duplicates, late, conflicts, refused };
  }

  /** Runs feed.lua for one symbol, and keeps the number of stored bars that it answers. @throws as {@link feed} */
  private async runScript(symbol: string, call: FeedCall): Promise<FeedAnswer> {
    const { layout } = this;
    const partition = this.partitionOf(symbol);
    const { keys, args } = this.scriptInput(symbol, partition, call);
    const reply = (await SCRIPTS.feed.run(this.redis, keys, args)) as [string, string?, string?];
    const [verdict, answer, storedReached] = reply;
    if (verdict === 'lost') throw new SessionLostError(layout.id);
    if (verdict === 'behind') {
      // Here `answer` is the number of stored bars. The stream may have reached no time yet ('').
      const reachedMs = Number(storedReached || layout.start);
      throw new FeedSetBackError(layout.id, symbol, reachedMs, this.storedBySymbol.get(symbol)!, Number(answer));
    }
    if (verdict !== 'fed' || answer === undefined) throw new ScriptReplyError('feed', reply);
    const numbers = answer.split(' ').map(Number);
    const [accepted = 0, duplicates = 0, late = 0, retainedFrom = 0, stored = 0, ...conflicts] = numbers;
    this.storedBySymbol.set(symbol, stored);
    // Passes the session's start as the first changed day, because the late bars may be of several days.
    if (late > 0) await publishReached(this.redis, layout, partition, layout.start);
    return { accepted, duplicates, late, retainedFrom, conflicts };
  }

  /** The keys and the arguments of feed.lua, in the order that the script names. */
  private scriptInput(
    symbol: string,
    partition: number,
    { bars = [], days = new Map(), refusals = new Map(), reached, isEnd = false }: FeedCall,
  ): { keys: string[]; args: ScriptArgument[] } {
    const { layout } = this;
    const names = layout.keysOf(partition);
    const { meta, feed, refused, dirty, retry, changes, pending, refusedAhead, wake } = names;
    const keys = [meta, feed, refused, dirty, retry, changes, pending, refusedAhead];
    const batch = `${this.feeder}:${this.batches++}`;
    const seenBars = this.storedBySymbol.get(symbol) ?? '';
    // First what is given once, then an entry for each day, then an entry for each reason of refusals.
    const args: ScriptArgument[] = [layout.stampOf(partition), symbol, batch, reached ?? '', isEnd ? '1' : ''];
    args.push(EVENTS_KEPT, wake, LATE, visibleFrom(bars, layout), seenBars);
    for (const [dayIndex, { positions, slots }] of days) {
      const grid = layout.grid(dayIndex);
      const { date, open, slotCount } = grid;
      keys.push(names.chunk(layout.base.name, symbol, date), names.states(symbol, date));
      args.push(date, open, chunkBytes(slotCount), bitmapBytes(slotCount), slotCount);
      args.push(placesOf(slots, grid), recordsOf(positions.map((position) => bars[position]!)));
    }
    args.push(refusals.size);
    for (const [reason, count] of refusals) args.push(`${symbol} ${reason}`, count);
    return { keys, args };
  }

  private partitionOf(symbol: string): number {
    const partition = this.layout.partitionOf(symbol);
    if (partition === undefined) throw new UnknownSymbolError(this.layout.id, symbol);
    return partition;
  }
}

/** When a strategy may see refusals of these bars, epoch ms: once the clock has passed all of them. Never after the session's end. */
function visibleFrom(bars: readonly Bar[], { start, end }: SessionLayout): number {
  const times = bars.map(({ openTime }) => openTime).filter(Number.isFinite);
  return Math.min(Math.max(start, ...times), end);
}

/** By how much the bars of a stream may come out of order, ms. */
function latenessMs({ spec }: SessionLayout): number {
  return spec.source.type === 'feed' ? spec.source.latenessSeconds * 1000 : 0;
}

/** For each slot its number and its close time, both f64. */
function placesOf(slots: readonly number[], grid: DayGrid): Uint8Array {
  const places = Float64Array.from(slots.flatMap((slot) => [slot, grid.closeTime(slot)]));
  return new Uint8Array(places.buffer);
}

/** The records of the bars one after another, as a chunk stores them, with the origin `streamed`. */
function recordsOf(bars: readonly Bar[]): Uint8Array {
  const chunk = new DayChunk(bars.length);
  bars.forEach((bar, i) => chunk.writeBar(i, bar, 'streamed', 0));
  return chunk.bytes.subarray(recordOffset(bars.length, 0));
}
