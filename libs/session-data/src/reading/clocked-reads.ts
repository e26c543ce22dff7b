/**
 * Reads one session's store as of its clock. Each call reads the clock before the data, so that bars that arrive between the two can
 * be cut off (I2, docs/ARCHITECTURE.md), and the oldest retained day after the data, so that days of which only a part was read can
 * be left out. All is one round trip. `ClockedReads` throws when the session was deleted or created again, and when symbols joined or
 * left during the read, because then the data may contain only part of a symbol.
 */
import type { Redis } from 'ioredis';
import { type ReadCommand, runAndReceive, type StoreReads, type Receiver } from '../redis/index.js';
import { SessionLostError, SymbolsChangedError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SYMBOLS_KEY_FIELDS, symbolsKey } from '../symbols/index.js';

/** A moment of a session. */
export interface Moment {
  /** Epoch ms. */
  clock: number;
  /** Index of the oldest retained day. */
  firstKept: number;
}

export class ClockedReads {
  /** The clock at the last read. The next call uses it as a guess, so that one round trip is usually enough. */
  seenClock: number;
  /** Index of the oldest retained day at the last read; older days are being removed. */
  firstKept = 0;

  constructor(
    redis: Redis,
    private readonly layout: SessionLayout,
    /** The {@link symbolsKey} of the list of symbols that the layout has. A read throws when the store has another one. */
    private readonly symbolsVersion: string = symbolsKey(undefined, undefined),
    /** Runs the commands; by default a pipeline of `redis`. */
    private readonly run: StoreReads['run'] = (commands, receive) => runAndReceive(redis, commands, receive),
  ) {
    this.seenClock = layout.start;
  }

  /**
   * Runs commands; the clock, epoch ms, is read before all of them.
   * @param receiverAt called once the clock is known; returns the receiver of the values. If it returns undefined, bytes are dropped.
   *   Values that the receiver does not take stay in `replies`. When the read throws, the receiver must discard what it took.
   *   It is not called when the store belongs to another session
   * @throws SessionLostError, SymbolsChangedError
   */
  async read(
    commands: readonly ReadCommand[],
    receiverAt?: (clock: number) => Receiver | undefined,
  ): Promise<[clock: number, replies: (Buffer | null)[]]> {
    const { meta } = this.layout.keysOf(0);
    const all = [['hmget', meta, 'incarnation', 'clock'], ...commands];
    all.push(['hmget', meta, ...SYMBOLS_KEY_FIELDS, 'retainedFrom']);
    const replies = await this.run(all, receiverAt && this.receiverOf(receiverAt, commands.length));
    const [incarnation, clock] = replies[0] as (string | null)[];
    const [version, joining, retainedFrom] = replies.at(-1) as (string | null)[];
    if (!this.layout.owns(incarnation)) throw new SessionLostError(this.layout.id);
    if (symbolsKey(version, joining) !== this.symbolsVersion) throw new SymbolsChangedError(this.layout.id);
    this.seenClock = Number(clock);
    this.firstKept = this.layout.firstKept(Number(retainedFrom));
    return [this.seenClock, replies.slice(1, -1) as (Buffer | null)[]];
  }

  /** The clock, and then the oldest retained day. @throws SessionLostError, SymbolsChangedError */
  async moment(): Promise<Moment> {
    const [clock] = await this.read([]);
    return { clock, firstKept: this.firstKept };
  }

  /** A receiver of the replies to all commands of {@link read}: the session's fields, then `count` commands, then the symbols. */
  private receiverOf(receiverAt: (clock: number) => Receiver | undefined, count: number): Receiver {
    let isSameIncarnation = false;
    let receive: Receiver | undefined;
    return (command, place, value) => {
      // Without a receiver, `true` drops bytes and `false` keeps other values.
      if (command > 0 && command <= count)
        return receive ? receive(command - 1, place, value) : value instanceof Buffer;
      // Command 0 is the HMGET above: place 0 is the incarnation, place 1 the clock.
      if (command === 0 && place === 0) isSameIncarnation = this.layout.owns(value as string | null);
      if (command === 0 && place === 1 && isSameIncarnation) receive = receiverAt(Number(value));
      return false;
    };
  }

  /**
   * Runs the commands that `commandsAt` returns for the last known clock, and again when the clock turns out to have moved.
   * Returns the clock for which the replies are correct, and the replies. The session had this clock at some moment of the call.
   */
  async readAt(commandsAt: (clock: number) => readonly ReadCommand[]): Promise<[number, (Buffer | null)[]]> {
    let guess = this.seenClock;
    for (let isOfThisCall = false; ; isOfThisCall = true) {
      const [clock, replies] = await this.read(commandsAt(guess));
      // The clock may have passed the guess, which it had during this call. When it is before the guess, the store lost writes.
      if (clock === guess || (isOfThisCall && clock > guess)) return [guess, replies];
      guess = clock;
    }
  }
}

/**
 * The watermark that a strategy may see. Up to `barrierEnd` the clock follows the watermark, so the watermark is only cut off at the
 * clock. After that the clock follows the frontier, and the watermark, which moves by whole windows, could reveal that a slot after
 * the clock is settled (I2). So it is cut off at the last window end before the clock.
 */
export function visibleWatermark(layout: SessionLayout, watermark: number, clock: number): number {
  return Math.min(watermark, clock < layout.barrierEnd ? clock : layout.windowEndBefore(clock));
}
