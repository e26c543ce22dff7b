/**
 * Removes closed days from a session's store, oldest first, on behalf of the owner. May be repeated when it was interrupted:
 * the store itself knows from which day on it retains bars, and which earlier days are gone. Does not decide which days
 * leave ({@link SessionLayout.firstKeptAt} does).
 */
import type { Redis } from 'ioredis';
import { dayMember, RewindError, type SessionLayout } from '../layout/index.js';
import { LUA, Script, ScriptReplyError } from '../redis/index.js';
import type { SessionWriter } from './writer.js';

const RETAIN = new Script(LUA.retain);
const RETIRE = new Script(LUA.retire);

/** Most keys that one script call removes, approximately; bounds how long it blocks Redis. */
const KEYS_A_CALL = 1_000;

export class SessionRetention {
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
    /** Holds the fence. */
    private readonly writer: SessionWriter,
  ) {}

  /**
   * Removes all days before `firstKept` and everything about them; does nothing when they are gone.
   * @throws FencedError, SessionLostError, RewindError when the store's frontier is before that day
   */
  async retireBefore(firstKept: number): Promise<void> {
    const from = this.layout.grid(firstKept).open;
    // Partition 0 first: readers take the oldest retained day from there.
    const retiredTo = new Map<number, number>();
    for (let partition = 0; partition < this.layout.partitions; partition++) {
      if (!this.layout.isVacant(partition)) retiredTo.set(partition, await this.retain(partition, from));
    }
    for (const [partition, time] of retiredTo) {
      const firstLeft = this.layout.firstKept(time);
      for (let day = firstLeft; day < firstKept; day++) await this.retireDay(partition, day);
    }
  }

  /** @returns the open of the oldest day that is not wholly removed, or 0 */
  private async retain(partition: number, from: number): Promise<number> {
    const { meta } = this.layout.keysOf(partition);
    const reply = (await RETAIN.run(this.redis, [meta], [...this.writer.fenceArguments(partition), from])) as string[];
    const [verdict = '', value] = reply;
    this.writer.refuse(verdict);
    if (verdict === 'beyond-frontier') throw new RewindError(this.layout.id, Number(value));
    if (verdict !== 'retained') throw new ScriptReplyError('retain', reply);
    return Number(value);
  }

  private async retireDay(partition: number, dayIndex: number): Promise<void> {
    const { layout } = this;
    const keys = layout.keysOf(partition);
    const intervals = [layout.base, ...layout.derived];
    const { date, open } = layout.grid(dayIndex);
    const next = layout.grid(dayIndex + 1).open;
    const symbols = layout.symbolsOf(partition);
    const step = Math.max(1, Math.floor(KEYS_A_CALL / (intervals.length + 1)));
    for (let at = 0; at === 0 || at < symbols.length; at += step) {
      const batch = symbols.slice(at, at + step);
      const names = [keys.meta, keys.retry, keys.dirty, keys.errors, keys.emitted];
      for (const symbol of batch) {
        names.push(keys.states(symbol, date), ...intervals.map(({ name }) => keys.chunk(name, symbol, date)));
      }
      const isLast = at + step >= symbols.length;
      const members = batch.map((symbol) => dayMember(date, symbol));
      const args = [...this.writer.fenceArguments(partition), open, isLast ? next : '', date, ...members];
      const reply = (await RETIRE.run(this.redis, names, args)) as string[];
      this.writer.refuse(reply[0] ?? '');
      if (reply[0] !== 'retired') throw new ScriptReplyError('retire', reply);
    }
  }
}
