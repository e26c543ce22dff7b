/** The writes of an upkeep worker, beside its reads. Each checks that what the worker read has not changed. Decides nothing itself. */
import { bitmapBytes, chunkBytes, closedBuckets, type DayChunk, type SlotCounts } from '@barkeep/bars';
import { dayMember } from '../layout/index.js';
import { SCRIPTS, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { ERROR_CHARS_MAX, EVENTS_KEPT, runAndPublish } from '../events/index.js';
import { FILL_COUNTERS, stateChanges } from './state-changes.js';
import { qualityArguments } from './upkeep-events.js';
import { parseMember, UpkeepReads } from './upkeep-reads.js';

/** New bars and new states for one symbol's day. */
export interface SymbolFill {
  symbol: string;
  /** The states as the worker read them, and the new states. */
  before: Uint8Array | undefined;
  after: Uint8Array;
  /** When absent bars are due for another try, epoch ms; undefined when none is to be tried again. */
  dueAt: number | undefined;
  /** Records for empty slots, run by run. */
  runs: readonly { start: number; records: Uint8Array }[];
}

/** Number of refused bars of one symbol for one reason, in all answers of repositories for one day so far. */
export interface RefusedCount {
  symbol: string;
  reason: string;
  total: number;
}

/** Derived chunks of one symbol's day, one for each derived interval, aggregated from the bars of `bitmap`. */
export interface SymbolDerived {
  symbol: string;
  bitmap: Uint8Array;
  chunks: readonly DayChunk[];
}

export class UpkeepStore extends UpkeepReads {
  /**
   * Writes bars and states before the frontier, of each symbol all or nothing. @param refused totals of refused bars of this day
   * @returns the symbols that were not written because they changed meanwhile: read them again @throws SessionLostError
   */
  async fill(
    partition: number,
    dayIndex: number,
    fills: readonly SymbolFill[],
    refused: readonly RefusedCount[] = [],
  ): Promise<Set<string>> {
    const { date, slotCount, open, close } = this.layout.grid(dayIndex);
    const keys = this.layout.keysOf(partition);
    const isHistory = this.layout.isHistory(dayIndex);
    // The keys and the arguments of the whole call; those of each symbol follow. The order is that of fill.lua.
    const scriptKeys = [keys.meta, keys.retry, keys.dirty, keys.errors, keys.refused, keys.changes, keys.pending];
    scriptKeys.push(keys.refusedAhead, keys.repositoryRefused);
    const leastFrontier = this.leastFrontier(dayIndex, fills);
    const args: ScriptArgument[] = [chunkBytes(slotCount), bitmapBytes(slotCount), leastFrontier, open];
    args.push(EVENTS_KEPT, close);
    for (const { symbol, before, after, dueAt, runs } of fills) {
      scriptKeys.push(keys.chunk(this.layout.base.name, symbol, date), keys.states(symbol, date));
      const { changes, settled } = stateChanges(before, after);
      args.push(dayMember(date, symbol), before ?? '', after, dueAt ?? '');
      // The counters do not include the history.
      for (const counter of FILL_COUNTERS) args.push(isHistory ? 0 : changes[counter]);
      args.push(...settled, runs.length);
      for (const { start, records } of runs) args.push(start, records);
    }
    args.push(refused.length);
    for (const { symbol, reason, total } of refused) args.push(`${symbol} ${reason}`, total);
    const day = { layout: this.layout, partition, open };
    return this.refusedSymbols('fill', await runAndPublish(SCRIPTS.fill, this.redis, day, scriptKeys, args));
  }

  /**
   * Writes derived chunks of the closed buckets of a day.
   * @returns the symbols whose base bars changed meanwhile: derive them again @throws SessionLostError
   */
  async writeDerived(
    partition: number,
    dayIndex: number,
    closedSlots: number,
    items: readonly SymbolDerived[],
  ): Promise<Set<string>> {
    const keys = this.layout.keysOf(partition);
    const { date, open } = this.layout.grid(dayIndex);
    const derived = this.layout.computed;
    // The order of keys and arguments is that of derive.lua.
    const scriptKeys = [keys.meta, keys.dirty, keys.changes, keys.pending];
    const args: ScriptArgument[] = [open, ...closedBits(closedSlots), EVENTS_KEPT, derived.length];
    for (const interval of derived) {
      const { grid, starts } = this.layout.plan(dayIndex, interval);
      args.push(bitmapBytes(grid.slotCount), closedBuckets(starts, closedSlots), endsOf(starts));
    }
    for (const { symbol, bitmap, chunks } of items) {
      scriptKeys.push(keys.chunk(this.layout.base.name, symbol, date));
      derived.forEach((interval) => scriptKeys.push(keys.chunk(interval.name, symbol, date)));
      args.push(dayMember(date, symbol), bitmap, ...chunks.map(({ bytes }) => bytes));
    }
    const day = { layout: this.layout, partition, open };
    return this.refusedSymbols('derive', await runAndPublish(SCRIPTS.derive, this.redis, day, scriptKeys, args));
  }

  /**
   * Moves a partition's watermark from `from` to `to`, epoch ms; never back. With `closes` also emits the counts of the day that ends at
   * `to`; if `from` is equal to `to`, only when they differ from those emitted last.
   * @param readFrom the run of the server ({@link serverRun}) from which the slots up to `to` were read; '' when that is unknown
   * @returns false when the store was set back or the server has another run now: the caller must read again @throws SessionLostError
   */
  async moveWatermark(
    partition: number,
    from: number,
    to: number,
    closes?: { dayIndex: number; counts: SlotCounts },
    readFrom = '',
  ): Promise<boolean> {
    const { meta, emitted, changes, pending, wake } = this.layout.keysOf(partition);
    const args: ScriptArgument[] = [from, to, wake, EVENTS_KEPT, readFrom];
    const keys = [meta, emitted, changes, pending];
    if (closes) args.push(...qualityArguments(this.layout, partition, closes.dayIndex, closes.counts));
    // 1 ms before `to`, so that the counts are published when the clock is at `to`, not only after it. Without counts nothing is published.
    const day = { layout: this.layout, partition, open: closes ? to - 1 : Infinity };
    const [verdict] = await runAndPublish(SCRIPTS.moveWatermark, this.redis, day, keys, args);
    return verdict === 'moved';
  }

  /** Stores a repository's error for the symbols whose gaps on a date stay open because of it. */
  async noteError(partition: number, date: string, symbols: readonly string[], error: string): Promise<void> {
    const { meta, errors } = this.layout.keysOf(partition);
    const dayIndex = this.layout.dayIndexOf(date);
    if (dayIndex === undefined) return;
    const { open } = this.layout.grid(dayIndex);
    const members = symbols.map((symbol) => dayMember(date, symbol));
    const args = [this.layout.stampOf(partition), error.slice(0, ERROR_CHARS_MAX), open, ...members];
    await SCRIPTS.noteError.run(this.redis, [meta, errors], args);
  }

  /** The frontier must not be before this: close of the last slot whose new state is not 0, epoch ms; 0 when there is none. */
  private leastFrontier(dayIndex: number, fills: readonly SymbolFill[]): number {
    const last = Math.max(-1, ...fills.map(({ after }) => after.findLastIndex((state) => state !== 0)));
    return last < 0 ? 0 : this.layout.grid(dayIndex).closeTime(last);
  }

  /** The symbols that a script refused. @throws ScriptReplyError */
  private refusedSymbols(script: string, reply: readonly unknown[]): Set<string> {
    const [verdict, ...members] = reply as string[];
    if (verdict !== 'done') throw new ScriptReplyError(script, reply);
    return new Set(members.map((member) => parseMember(member).symbol));
  }
}

/** The closed slots in a bitmap: how many whole bytes they fill, and a mask of the others in the byte after these. */
function closedBits(closedSlots: number): [wholeBytes: number, mask: number] {
  // The first slot of a byte is its highest bit.
  const mask = (0xff00 >> (closedSlots % 8)) & 0xff;
  return [Math.floor(closedSlots / 8), mask];
}

/** The end of each bucket in base slots, u32 little-endian, as derive.lua expects them. */
function endsOf(starts: Int32Array): Uint8Array {
  return new Uint8Array(Uint32Array.from(starts.subarray(1)).buffer);
}
