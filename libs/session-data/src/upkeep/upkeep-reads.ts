/** Reads the data from which an upkeep worker decides: of one day and one partition, except where a function says more. */
import { DayChunk, type Interval } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { runCommands, SCRIPTS } from '../redis/index.js';
import { readSymbolDays, type SymbolDay } from './symbol-days.js';

/** How far a partition has come, epoch ms. */
export interface PartitionPosition {
  frontier: number;
  watermark: number;
  /** Open of the oldest retained day, epoch ms; 0 when all are retained. */
  retainedFrom: number;
}

export class UpkeepReads {
  constructor(
    readonly redis: Redis,
    readonly layout: SessionLayout,
  ) {}

  /** The position of every partition. A vacant partition is at the session's end. @throws SessionLostError */
  async positions(): Promise<PartitionPosition[]> {
    const { layout } = this;
    const fields = ['incarnation', 'frontier', 'watermark', 'retainedFrom'];
    const reads = layout.keys.map(({ meta }) => ['hmget', meta, ...fields]);
    return (await runCommands(this.redis, reads)).map((reply, partition) => {
      const [incarnation, frontier, watermark, retainedFrom] = reply as (string | null)[];
      if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
      if (layout.isVacant(partition)) return { frontier: layout.end, watermark: layout.end, retainedFrom: 0 };
      return { frontier: Number(frontier), watermark: Number(watermark), retainedFrom: Number(retainedFrom) };
    });
  }

  /** The run of the server that has the partition: another run may lack the newest writes. '' when the server does not tell. */
  async serverRun(partition: number): Promise<string> {
    return String(await SCRIPTS.serverRun.run(this.redis, [this.layout.keysOf(partition).meta], []));
  }

  /** Whether the session was stopped, or has failed: then nothing is to be requested for it. */
  async isStopped(): Promise<boolean> {
    return (await this.redis.hget(this.layout.keysOf(0).meta, 'control')) === 'stop';
  }

  /** Bitmaps and states of symbols on one day. */
  async readDay(partition: number, dayIndex: number, symbols: readonly string[]): Promise<SymbolDay[]> {
    const places = symbols.map((symbol) => ({ symbol, day: dayIndex }));
    return readSymbolDays(this.redis, this.layout, partition, places);
  }

  /** Whole chunks of one day, by symbol; symbols without one are left out. */
  async readChunks(
    partition: number,
    dayIndex: number,
    interval: Interval,
    symbols: readonly string[],
  ): Promise<Map<string, DayChunk>> {
    const { date, slotCount } = this.layout.grid(dayIndex, interval);
    const keys = this.layout.keysOf(partition);
    const names = symbols.map((symbol) => keys.chunk(interval.name, symbol, date));
    const replies = names.length > 0 ? await this.redis.mgetBuffer(...names) : [];
    return new Map(
      replies.flatMap((bytes, i): [string, DayChunk][] =>
        bytes ? [[symbols[i]!, new DayChunk(slotCount, bytes)]] : [],
      ),
    );
  }

  /** The days of symbols whose absent bars are due at `now`, epoch ms. */
  async dueRetries(partition: number, now: number): Promise<{ date: string; symbol: string }[]> {
    return (await this.redis.zrangebyscore(this.layout.keysOf(partition).retry, '-inf', now)).map(parseMember);
  }

  /** When the next absent bars of the session are due, epoch ms; undefined when no retry is scheduled. */
  async nextRetry(): Promise<number | undefined> {
    const reads = this.layout.keys.map(({ retry }) => ['zrange', retry, 0, 0, 'WITHSCORES']);
    const earliest = (await runCommands(this.redis, reads)) as [member?: string, score?: string][];
    const times = earliest.flatMap(([, score]) => (score ? [Number(score)] : []));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** True when the session is at its end: all slots are filled or settled, all derived bars made, and no retry is scheduled. */
  async isSettled(): Promise<boolean> {
    const readDirty = Promise.all(this.layout.keys.map((_, partition) => this.dirty(partition)));
    const [nextRetry, positions, dirty] = await Promise.all([this.nextRetry(), this.positions(), readDirty]);
    const isDerived = positions.every(({ watermark }) => watermark >= this.layout.end) && dirty.flat().length === 0;
    return nextRetry === undefined && isDerived;
  }

  /** The days of symbols whose derived bars are out of date. */
  async dirty(partition: number): Promise<{ date: string; symbol: string }[]> {
    return (await this.redis.smembers(this.layout.keysOf(partition).dirty)).map(parseMember);
  }
}

/** Splits the name that `dayMember` makes. */
export function parseMember(member: string): { date: string; symbol: string } {
  const [date = '', symbol = ''] = member.split(' ');
  return { date, symbol };
}

/** Reads a day's bitmaps and slot states, no prices, for all symbols of all partitions. The whole day must be before the frontier. */
export async function readDaySlots(store: UpkeepReads, dayIndex: number): Promise<SymbolDay[]> {
  const { layout } = store;
  const reads = layout.keys.map((_, partition) => store.readDay(partition, dayIndex, layout.symbolsOf(partition)));
  return (await Promise.all(reads)).flat();
}
