/**
 * Reads of one session's store that know its clock: each fetches the clock before the data, in the same round trip, so
 * that whatever lands in between can be cut off (I2), and knows which days the session keeps. Notices a session that was
 * deleted or made anew, and, after the data, that symbols came or left: what was read may be half of a symbol then.
 */
import type { Redis } from 'ioredis';
import { type ReadCommand, runAndTake, type StoreReads, type Take } from '../redis/index.js';
import { type SessionLayout, SessionLostError, SymbolsChangedError } from '../layout/index.js';
import { SYMBOLS_KEY_FIELDS, symbolsKey } from '../symbols/index.js';

export class ClockedReads {
  /** The clock as it was last seen: what is most likely wanted next is fetched with it in one round trip. */
  seenClock: number;
  /** The oldest day that is kept, as the last read saw it: what is left of older ones is on its way out. */
  firstKept = 0;

  constructor(
    redis: Redis,
    private readonly layout: SessionLayout,
    /** The list of symbols that the layout is of; see {@link symbolsKey}. */
    private readonly key: string = symbolsKey(undefined, undefined),
    /** How commands are run: by default as a pipeline of `redis`. */
    private readonly run: StoreReads['run'] = (commands, take) => runAndTake(redis, commands, take),
  ) {
    this.seenClock = layout.start;
  }

  /**
   * Runs commands; the clock, epoch ms, was read before all of them.
   * @param begin is asked, once the clock is known, who takes values as they come; bytes that nobody takes are dropped. What was taken is to
   *   be taken again when this throws
   * @throws SessionLostError, SymbolsChangedError
   */
  async read(
    commands: readonly ReadCommand[],
    begin?: (clock: number) => Take | undefined,
  ): Promise<[clock: number, replies: (Buffer | null)[]]> {
    const { meta } = this.layout.keysOf(0);
    const first = ['hmget', meta, 'incarnation', 'clock', 'retainedFrom'];
    const all = [first, ...commands, ['hmget', meta, ...SYMBOLS_KEY_FIELDS]];
    const replies = await this.run(all, begin && this.takeBy(begin, commands.length));
    const [incarnation, clock, retainedFrom] = replies[0] as (string | null)[];
    const [version, joining] = replies.at(-1) as (string | null)[];
    this.check(incarnation, version, joining);
    this.see(clock, retainedFrom);
    return [this.seenClock, replies.slice(1, -1) as (Buffer | null)[]];
  }

  private takeBy(begin: (clock: number) => Take | undefined, count: number): Take {
    let isOurs = false;
    let take: Take | undefined;
    return (command, place, value) => {
      if (command > 0 && command <= count) return take ? take(command - 1, place, value) : value instanceof Buffer;
      if (command === 0 && place === 0) isOurs = this.layout.owns(value as string | null);
      if (command === 0 && place === 1 && isOurs) take = begin(Number(value));
      return false;
    };
  }

  /**
   * Runs the commands that fit a clock, guessed to be where it was last seen, and once more when it has moved. What is
   * answered is right for the clock answered, which the session had while this ran.
   */
  async readAt(commandsAt: (clock: number) => readonly ReadCommand[]): Promise<[number, (Buffer | null)[]]> {
    let guess = this.seenClock;
    let [clock, replies] = await this.read(commandsAt(guess));
    if (clock !== guess) {
      guess = clock;
      [clock, replies] = await this.read(commandsAt(guess));
    }
    return [Math.min(guess, clock), replies];
  }

  private check(incarnation: string | null | undefined, version?: string | null, joining?: string | null): void {
    if (!this.layout.owns(incarnation)) throw new SessionLostError(this.layout.id);
    if (symbolsKey(version, joining) !== this.key) throw new SymbolsChangedError(this.layout.id);
  }

  private see(clock: string | null | undefined, retainedFrom: string | null | undefined): void {
    this.seenClock = Number(clock);
    this.firstKept = this.layout.firstKept(Number(retainedFrom));
  }
}
