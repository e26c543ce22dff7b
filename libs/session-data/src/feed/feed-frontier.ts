/** For the owner of a fed session: reads the progress of the streams, and moves the frontier. Does not decide how far. */
import type { Redis } from 'ioredis';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { runCommands, SCRIPTS } from '../redis/index.js';
import { EVENTS_KEPT } from '../events/index.js';
import type { Control, SessionWriter } from '../stream/index.js';

/** The progress of one symbol's stream. */
export interface SymbolProgress {
  symbol: string;
  /** The stream has sent every bar that closes at or before this time, epoch ms. At first the session's start. */
  reached: number;
  /** Time of the stream's last message, epoch ms by Redis' clock; 0 when there was none. */
  heardAt: number;
  ended: boolean;
}

/** The progress of all streams of a session. `now`: epoch ms by Redis' clock. */
export interface FeedProgress {
  now: number;
  streams: SymbolProgress[];
}

/** The outcome of a move of the frontier. `bars`: number of bars in the slots that it passed. */
export interface FeedAdvance {
  control: Control;
  bars: number;
}

/** Begins the fields of the hash `:stream` that note-silent.lua writes; the symbol follows. */
const SILENT_PREFIX = 'silent ';
/** The fields of a symbol's progress in the hash `:feed`, after the symbol and a space. */
const PROGRESS_FIELDS = ['reached', 'heard', 'ended'];

export class FeedFrontier {
  /** @param writer holds the fence @param frontiers one per partition, epoch ms, as the claim answered them */
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
    private readonly writer: SessionWriter,
    private readonly frontiers: number[],
  ) {}

  /** The lowest frontier of all partitions, epoch ms. */
  get frontier(): number {
    return Math.min(...this.frontiers);
  }

  /** The progress of every stream. @throws SessionLostError */
  async progress(): Promise<FeedProgress> {
    return readFeedProgress(this.redis, this.layout);
  }

  /**
   * Moves the frontier to `to` (epoch ms, the end of a base slot), at most to the end of its day: one call passes slots of one day.
   * @throws FencedError, RewindError when the store lost writes and its frontier is earlier, SessionLostError
   */
  async advance(to: number): Promise<FeedAdvance> {
    const dayIndex = this.layout.dayIndexAt(this.frontier);
    const end = Math.min(to, this.layout.grid(dayIndex).close);
    const moves = await Promise.all(
      this.frontiers.map((_, partition) => this.advancePartition(partition, dayIndex, end)),
    );
    // Partition 0 has the session's control.
    return { control: moves[0]!.control, bars: moves.reduce((sum, { bars }) => sum + bars, 0) };
  }

  /** Emits, once per `heardAt`, that a stream is silent since its message at that time. @throws FencedError, SessionLostError */
  async noteSilent(symbol: string, heardAt: number): Promise<void> {
    const { meta, events, stream } = this.layout.keysOf(0);
    const args = [symbol, heardAt, EVENTS_KEPT];
    await this.writer.run(SCRIPTS.noteSilent, 0, [meta, events, stream], args, 'noted');
  }

  /** For each stream that was reported as silent, by symbol: the time of its last message before the report, epoch ms. */
  async silences(): Promise<Map<string, number>> {
    const { symbols } = this.layout;
    const { stream } = this.layout.keysOf(0);
    const heardAt = await this.redis.hmget(stream, ...symbols.map((symbol) => SILENT_PREFIX + symbol));
    return new Map(symbols.flatMap((symbol, i) => (heardAt[i] ? [[symbol, Number(heardAt[i])]] : [])));
  }

  private async advancePartition(partition: number, dayIndex: number, to: number): Promise<FeedAdvance> {
    const { layout } = this;
    const from = this.frontiers[partition]!;
    // An earlier call moved this partition and crashed before it moved the others: the others catch up first.
    if (from >= to) return { control: 'run', bars: 0 };
    const grid = layout.grid(dayIndex);
    const keys = layout.keysOf(partition);
    const chunks = layout.symbolsOf(partition).map((symbol) => keys.chunk(layout.base.name, symbol, grid.date));
    const args = [from, to, grid.closedBy(from), grid.closedBy(to)];
    const reply = await this.writer.run(SCRIPTS.advance, partition, [keys.meta, ...chunks], args, 'advanced', 'done');
    const [, frontier, control, bars = 0] = reply;
    this.frontiers[partition] = Number(frontier);
    return { control: control as Control, bars: Number(bars) };
  }
}

/** The progress of every stream of a fed session. @throws SessionLostError */
export async function readFeedProgress(redis: Redis, layout: SessionLayout): Promise<FeedProgress> {
  const reads = layout.keys.flatMap(({ meta, feed }, partition) => {
    const symbols = layout.symbolsOf(partition);
    const fields = symbols.flatMap((symbol) => PROGRESS_FIELDS.map((field) => `${symbol} ${field}`));
    // HMGET needs a field even when there is no symbol.
    return [
      ['hget', meta, 'incarnation'],
      ['hmget', feed, ...fields, 'none'],
    ];
  });
  const [time, ...replies] = await runCommands(redis, [['time'], ...reads]);
  const [seconds, micros] = (time as (string | number)[]).map(Number);
  const streams = layout.keys.flatMap((_, partition) => {
    const [stamp, values] = replies.splice(0, 2) as [string | null, (string | null)[]];
    if (!layout.owns(stamp)) throw new SessionLostError(layout.id);
    return layout.symbolsOf(partition).map((symbol) => {
      const [reached, heardAt, ended] = values.splice(0, PROGRESS_FIELDS.length);
      return { symbol, reached: Number(reached ?? layout.start), heardAt: Number(heardAt ?? 0), ended: ended === '1' };
    });
  });
  return { now: seconds! * 1000 + Math.floor(micros! / 1000), streams };
}
