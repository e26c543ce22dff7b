/**
 * Feeds a session whose source is a feed: writes bars of a symbol into their slots and stores the progress of its stream.
 * Any number of processes may feed at once, in any order and repeatedly. Nothing here holds a fence or moves the frontier
 * ({@link FeedFrontier} does). A refused bar is answered with its reason and never stored.
 *
 * The store counts the fed bars of each symbol. A feeder remembers the last count that it was answered; a store that has
 * fewer was set back and lost bars. It then takes nothing from this feeder, because the stream would jump over the lost bars.
 */
import { randomUUID } from 'node:crypto';
import {
  type Bar,
  bitmapBytes,
  calendarNamed,
  chunkBytes,
  isExtendedTime,
  LATE,
  ORIGIN_CODES,
  RECORD_BYTES,
  type RefusalReason,
  refuseBar,
} from '@barkeep/bars';
import type { Redis } from 'ioredis';
import {
  dayMember,
  EXTENDED_HOURS,
  FeedSetBackError,
  isOutsideReason,
  type SessionLayout,
  SessionLostError,
  UnknownSymbolError,
} from '../layout/index.js';
import { SCRIPTS, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { EVENTS_KEPT, publishReached } from '../events/index.js';

/** Why a fed bar is not stored: the reasons of all bars, and those that only a feed has. Conflicts are counted separately. */
export type FeedRefusal = Exclude<RefusalReason, 'conflict'> | 'outside-session' | 'retired';

/** The result of one call: each bar is in one of the counts; `late` ones are among the accepted. */
export interface FeedOutcome {
  /** Written into empty slots. */
  accepted: number;
  /** The slot holds the same bar. */
  duplicates: number;
  /** Written into slots that the frontier had passed. */
  late: number;
  /** Positions in the call of bars whose slot holds a different bar. */
  conflicts: number[];
  /** Positions in the call of bars without a slot or with invalid values. */
  refused: { index: number; reason: FeedRefusal }[];
}

/** Bars of one script call: bounds how long it blocks Redis. */
export const FEED_BARS_A_CALL = 1_000;
const PLACE_BYTES = 12;
const RECORD_DOUBLES = RECORD_BYTES / 8;
const ONE_OF_ONE = 1 | (1 << 16);

/** Bars of one day: their positions in the call, and their slots. */
interface DayBars {
  positions: number[];
  slots: number[];
}

/** What one call of the script stores of a symbol. */
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
  /** Positions among the bars that have a slot. */
  conflicts: number[];
}

export class SessionFeed {
  private readonly feeder = randomUUID();
  private batches = 0;
  private lastDay = 0;
  /** Of each symbol, how many fed bars this feeder has seen in the store. */
  private readonly seen = new Map<string, number>();

  /** @param layout a session whose source is a feed */
  constructor(
    private readonly redis: Redis,
    readonly layout: SessionLayout,
  ) {}

  /** Whether the store of a symbol exists: before that nothing can be fed. @throws UnknownSymbolError */
  async isBegun(symbol: string): Promise<boolean> {
    const { meta } = this.layout.keysOf(this.partitionOf(symbol));
    return this.layout.owns(await this.redis.hget(meta, 'incarnation'));
  }

  /** Fed bars of the symbol that the store had at the last answer; undefined before the first one. */
  storedBars(symbol: string): number | undefined {
    return this.seen.get(symbol);
  }

  /** An earlier answer, to another feeder, said that the store has this many fed bars of the symbol. */
  expectStored(symbol: string, bars: number): void {
    this.seen.set(symbol, bars);
  }

  /**
   * Writes bars of one symbol, in any order and of any days.
   * @param malformed number of further records that could not be parsed: they are counted as refused
   * @throws FeedSetBackError when the store was set back, also at all further calls for the symbol; UnknownSymbolError;
   *   SessionLostError when there is no store
   */
  async feed(symbol: string, bars: readonly Bar[], malformed = 0): Promise<FeedOutcome> {
    const fed: FeedOutcome = { accepted: 0, duplicates: 0, late: 0, conflicts: [], refused: [] };
    for (let from = 0; from === 0 || from < bars.length; from += FEED_BARS_A_CALL) {
      const part = await this.call(symbol, bars.slice(from, from + FEED_BARS_A_CALL), from === 0 ? malformed : 0);
      fed.accepted += part.accepted;
      fed.duplicates += part.duplicates;
      fed.late += part.late;
      fed.conflicts.push(...part.conflicts.map((index) => from + index));
      fed.refused.push(...part.refused.map(({ index, reason }) => ({ index: from + index, reason })));
    }
    return fed;
  }

  /** The stream has reached `time`, epoch ms, without further bars. @throws as {@link feed} */
  async through(symbol: string, time: number): Promise<void> {
    await this.run(symbol, { reached: Math.min(time, this.layout.end) });
  }

  /** No more bars will come for the symbol. @throws as {@link feed} */
  async end(symbol: string): Promise<void> {
    await this.run(symbol, { isEnd: true });
  }

  private async call(symbol: string, bars: readonly Bar[], malformed: number): Promise<FeedOutcome> {
    const { days, refused, refusals, lastClose } = this.placed(bars);
    if (malformed > 0) refusals.set('malformed', malformed);
    const reached = days.size > 0 ? lastClose - latenessMs(this.layout) : undefined;
    const { accepted, duplicates, late, retainedFrom, conflicts } = await this.run(symbol, {
      bars,
      days,
      refusals,
      reached,
    });
    const positions = [...days.values()].flatMap((day) => day.positions);
    for (const [dayIndex, day] of days) {
      if (this.layout.grid(dayIndex).open >= retainedFrom) continue;
      refused.push(...day.positions.map((index) => ({ index, reason: 'retired' as const })));
    }
    return { accepted, duplicates, late, conflicts: conflicts.map((at) => positions[at]!), refused };
  }

  /**
   * Splits bars into those that have a slot, by day, and those that are refused. `lastClose`: the last close of a bar with a slot.
   * `refusals`: numbers of refused bars by reason, in which those in the extended hours of the calendar have a reason of their own.
   */
  private placed(bars: readonly Bar[]) {
    const { calendar, hours, prices } = this.layout.spec;
    const days = new Map<number, DayBars>();
    const refused: FeedOutcome['refused'] = [];
    const refusals = new Map<string, number>();
    let lastClose = -Infinity;
    for (const [index, bar] of bars.entries()) {
      const place = refuseBar(bar, prices) ?? this.placeOf(bar.openTime);
      if (typeof place === 'string') {
        // A single bar is never in conflict.
        refused.push({ index, reason: place as FeedRefusal });
        const isExtended = isOutsideReason(place) && isExtendedTime(calendarNamed(calendar), bar.openTime, hours);
        const name = isExtended ? EXTENDED_HOURS : place;
        refusals.set(name, (refusals.get(name) ?? 0) + 1);
        continue;
      }
      const day = days.get(place.dayIndex) ?? { positions: [], slots: [] };
      days.set(place.dayIndex, day);
      day.positions.push(index);
      day.slots.push(place.slot);
      lastClose = Math.max(lastClose, this.layout.grid(place.dayIndex).closeTime(place.slot));
    }
    return { days, refused, refusals, lastClose };
  }

  private async run(
    symbol: string,
    { bars = [], days = new Map(), refusals = new Map(), reached, isEnd = false }: FeedCall,
  ): Promise<FeedAnswer> {
    const { layout } = this;
    const partition = this.partitionOf(symbol);
    const { meta, feed, refused, dirty, retry, changes, pending, refusedAhead, wake, ...keys } =
      layout.keysOf(partition);
    const names = [meta, feed, refused, dirty, retry, changes, pending, refusedAhead];
    const batch = `${this.feeder}:${this.batches++}`;
    const args: ScriptArgument[] = [layout.stampOf(partition), symbol, batch, reached ?? '', isEnd ? '1' : ''];
    args.push(EVENTS_KEPT, wake, LATE, visibleFrom(bars, layout), this.seen.get(symbol) ?? '', refusals.size);
    for (const [reason, count] of refusals) args.push(dayMember(symbol, reason), count);
    for (const [dayIndex, { positions, slots }] of days) {
      const grid = layout.grid(dayIndex);
      const { date, open, slotCount } = grid;
      names.push(keys.chunk(layout.base.name, symbol, date), keys.states(symbol, date));
      args.push(date, open, chunkBytes(slotCount), bitmapBytes(slotCount), slotCount);
      const closes = slots.map((slot) => grid.closeTime(slot));
      args.push(placesOf(slots, closes), recordsOf(positions.map((at) => bars[at]!)));
    }
    const reply = (await SCRIPTS.feed.run(this.redis, names, args)) as [string, string?, string?];
    if (reply[0] === 'lost') throw new SessionLostError(layout.id);
    if (reply[0] === 'behind') {
      const reachedMs = Number(reply[2] || layout.start);
      throw new FeedSetBackError(layout.id, symbol, reachedMs, this.seen.get(symbol)!, Number(reply[1]));
    }
    if (reply[0] !== 'fed' || reply[1] === undefined) throw new ScriptReplyError('feed', reply);
    const [accepted = 0, duplicates = 0, late = 0, retainedFrom = 0, stored = 0, ...conflicts] = reply[1]
      .split(' ')
      .map(Number);
    this.seen.set(symbol, stored);
    if (late > 0) await publishReached(this.redis, layout, partition, layout.start);
    return { accepted, duplicates, late, retainedFrom, conflicts };
  }

  private partitionOf(symbol: string): number {
    const partition = this.layout.partitionOf(symbol);
    if (partition === undefined) throw new UnknownSymbolError(this.layout.id, symbol);
    return partition;
  }

  /** The slot of a bar that opens at `time`, or why it has none. */
  private placeOf(time: number): { dayIndex: number; slot: number } | FeedRefusal {
    const { layout } = this;
    if (time < layout.start || time >= layout.end) return 'outside-session';
    const dayIndex = this.dayOf(time);
    const slot = layout.grid(dayIndex).slotAt(time);
    return typeof slot === 'string' ? slot : { dayIndex, slot };
  }

  /** The first day that is not over at `time`. Tries the last answer first, because bars of a feed mostly follow one another. */
  private dayOf(time: number): number {
    const { layout, lastDay } = this;
    const isOver = (day: number) => layout.grid(day).close <= time;
    if (!isOver(lastDay) && (lastDay === 0 || isOver(lastDay - 1))) return lastDay;
    return (this.lastDay = layout.dayIndexAt(time));
  }
}

/** A strategy may see refusals of these bars once the clock has passed all of them, epoch ms. */
function visibleFrom(bars: readonly Bar[], { start, end }: SessionLayout): number {
  const times = bars.map(({ openTime }) => openTime).filter(Number.isFinite);
  return Math.min(Math.max(start, ...times), end);
}

function latenessMs({ spec }: SessionLayout): number {
  return spec.source.type === 'feed' ? spec.source.latenessSeconds * 1000 : 0;
}

/** Slot (u32) and close time (f64, epoch ms) of each bar, little-endian, as the script takes them. */
function placesOf(slots: readonly number[], closes: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(slots.length * PLACE_BYTES));
  slots.forEach((slot, i) => {
    view.setUint32(i * PLACE_BYTES, slot, true);
    view.setFloat64(i * PLACE_BYTES + 4, closes[i]!, true);
  });
  return new Uint8Array(view.buffer);
}

/** The bars' records as they are stored in a chunk, origin streamed. */
function recordsOf(bars: readonly Bar[]): Uint8Array {
  const doubles = new Float64Array(bars.length * RECORD_DOUBLES);
  const words = new Uint32Array(doubles.buffer);
  bars.forEach(({ open, high, low, close, volume }, i) => {
    const at = i * RECORD_DOUBLES;
    // Adding 0 turns -0 into 0, so that equal bars have equal bytes.
    doubles[at] = open + 0;
    doubles[at + 1] = high + 0;
    doubles[at + 2] = low + 0;
    doubles[at + 3] = close + 0;
    doubles[at + 4] = volume + 0;
    words[2 * at + 10] = ORIGIN_CODES.streamed;
    words[2 * at + 11] = ONE_OF_ONE;
  });
  return new Uint8Array(doubles.buffer);
}
