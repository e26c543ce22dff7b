/**
 * Reads a session as of its clock, in one round trip: first the clock, so that later bars can be cut off (I2, docs/ARCHITECTURE.md), then
 * the data, then the oldest retained day, so that days that were removed during the read can be left out.
 */
import type { Redis } from 'ioredis';
import { type ReadCommand, runAndReceive, type StoreReads, type Receiver } from '../redis/index.js';
import { SessionLostError, SymbolsChangedError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SYMBOLS_KEY_FIELDS, symbolsKey } from '../symbols/index.js';

export interface Moment {
  /** Epoch ms. */
  clock: number;
  /** Index of the oldest retained day. */
  firstKept: number;
}

/** Places in the reply to the first command of a read. */
const [STAMP_PLACE, CLOCK_PLACE] = [0, 1];

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
   * Runs commands.
   * @param receiverAt called with the clock; returns the receiver of the values that follow
   * @returns the clock, epoch ms, and the replies. Which values they have:
   *   - without `receiverAt`: all values
   *   - with a receiver: the values that the receiver does not take. When the read throws, the receiver must discard what it took
   *   - when `receiverAt` returned no receiver, or the store belongs to another session: all values but buffers, which are dropped
   * @throws SessionLostError, SymbolsChangedError
   */
  async read(
    commands: readonly ReadCommand[],
    receiverAt?: (clock: number) => Receiver | undefined,
  ): Promise<[clock: number, replies: (Buffer | null)[]]> {
    const { meta } = this.layout.keysOf(0);
    const readClock = ['hmget', meta, 'incarnation', 'clock'];
    const readSymbolsAndDays = ['hmget', meta, ...SYMBOLS_KEY_FIELDS, 'retainedFrom', 'incarnation'];
    const receiver = receiverAt && this.receiverOf(receiverAt, commands.length);
    const replies = await this.run([readClock, ...commands, readSymbolsAndDays], receiver);
    const [stamp, clock] = replies[0] as (string | null)[];
    const [version, joining, retainedFrom, stampAfter] = replies.at(-1) as (string | null)[];
    // Another session may have got the id during the read.
    const isOwn = this.layout.owns(stamp) && this.layout.owns(stampAfter);
    if (!isOwn || !Number.isFinite(Number(clock))) throw new SessionLostError(this.layout.id);
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

  /** A receiver for {@link read}, which runs a command for the clock, the caller's `count` commands, and one for symbols and days. */
  private receiverOf(receiverAt: (clock: number) => Receiver | undefined, count: number): Receiver {
    let isSameIncarnation = false;
    let callersReceiver: Receiver | undefined;
    return (command, place, value) => {
      if (command === 0) {
        if (place === STAMP_PLACE) isSameIncarnation = this.layout.owns(value as string | null);
        if (place === CLOCK_PLACE && isSameIncarnation) callersReceiver = receiverAt(Number(value));
        return false;
      }
      if (command > count) return false;
      if (callersReceiver) return callersReceiver(command - 1, place, value);
      return value instanceof Buffer; // without a receiver bytes are dropped, and other values stay in the replies
    };
  }

  /**
   * Runs the commands that `commandsAt` returns for the last known clock, and again when the clock turns out to have moved.
   * Returns the clock for which the replies are correct, and the replies. The session had this clock at some moment of the call.
   */
  async readAt(commandsAt: (clock: number) => readonly ReadCommand[]): Promise<[number, (Buffer | null)[]]> {
    let guess = this.seenClock;
    for (let isFromThisCall = false; ; isFromThisCall = true) {
      const [clock, replies] = await this.read(commandsAt(guess));
      // A guess that this call read was the clock during the call, so its replies are right even when the clock has passed it.
      const hasPassedGuess = isFromThisCall && clock > guess;
      if (clock === guess || hasPassedGuess) return [guess, replies];
      // Tries again; also when the clock is before the guess, because the store lost writes.
      guess = clock;
    }
  }
}

/**
 * The watermark that a strategy may see. Before `barrierEnd` the clock follows it. After that it could reveal that a slot after the clock is
 * settled (I2), because it moves by whole windows: so it is cut off at the last window end before the clock.
 */
export function visibleWatermark(layout: SessionLayout, watermark: number, clock: number): number {
  return Math.min(watermark, clock < layout.barrierEnd ? clock : layout.windowEndBefore(clock));
}
