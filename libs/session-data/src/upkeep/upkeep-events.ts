/**
 * Events of upkeep that no write stands behind: gaps when they are first seen, the quality of a day when it closes or
 * changes. The scripts emit each once, however often they are called. Events about written bars come from the scripts that
 * write the bars.
 */
import { barQuality, emptyRuns, firstMissing, statusOf, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { countFields, EVENTS_KEPT } from '../events/index.js';
import { dayMember, type SessionLayout, SessionLostError } from '../layout/index.js';
import { LUA, Script, type ScriptArgument } from '../redis/index.js';
import type { SymbolDay } from './symbol-day.js';

const EMIT_GAPS = new Script(LUA.emitGaps);
const EMIT_QUALITY = new Script(LUA.emitQuality);

export class UpkeepEvents {
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
  ) {}

  /**
   * Emits which of a day's slots `[0, closed)` are empty and were not tried yet, unless that was emitted before.
   * @throws SessionLostError
   */
  async gapsFound(partition: number, dayIndex: number, closed: number, symbols: readonly SymbolDay[]): Promise<void> {
    const lacking = symbols.filter(({ bitmap, states }) => firstMissing(bitmap, states, closed) < closed);
    if (lacking.length === 0) return;
    const { meta, told, events } = this.layout.keysOf(partition);
    const { date, open } = this.layout.grid(dayIndex);
    const seen = await this.redis.hmget(told, ...lacking.map(({ symbol }) => dayMember(date, symbol)));
    const args: ScriptArgument[] = [];
    lacking.forEach((symbol, i) => {
      const before = seen[i] ?? '';
      if (Number(before) >= closed) return;
      args.push(symbol.symbol, before, closed, missingIn(symbol, Number(before), closed));
    });
    if (args.length === 0) return;
    const head = [this.layout.stampOf(partition), open, date, EVENTS_KEPT];
    this.refuse(await EMIT_GAPS.run(this.redis, [meta, told, events], [...head, ...args]));
  }

  /** Emits the counts of a closed day of a partition, unless they are the last emitted ones. @throws SessionLostError */
  async quality(partition: number, dayIndex: number, counts: SlotCounts): Promise<void> {
    const { meta, told, events } = this.layout.keysOf(partition);
    const { open } = this.layout.grid(dayIndex);
    const [date, ...rest] = this.qualityArguments(partition, dayIndex, counts);
    const args = [this.layout.stampOf(partition), open, date, EVENTS_KEPT, ...rest];
    this.refuse(await EMIT_QUALITY.run(this.redis, [meta, told, events], args));
  }

  /** Date, counts as text, fields and values, as the scripts take them. */
  qualityArguments(partition: number, dayIndex: number, counts: SlotCounts): [string, ...ScriptArgument[]] {
    const { date } = this.layout.grid(dayIndex);
    const figures = { ...countFields(counts), barQuality: barQuality(counts) };
    const fields = { type: 'quality', date, symbols: this.layout.symbolsOf(partition).length, ...figures };
    return [date, Object.values(figures).join(' '), ...Object.entries(fields).flat()];
  }

  private refuse(reply: unknown): void {
    if (reply === 'gone') throw new SessionLostError(this.layout.id);
  }
}

/** Number of slots of `[from, to)` that are empty and were not tried yet. */
function missingIn({ bitmap, states }: SymbolDay, from: number, to: number): number {
  let count = 0;
  for (const { start, end } of emptyRuns(bitmap, from, to)) {
    if (!states) count += end - start;
    else for (let slot = start; slot < end; slot++) if (statusOf(states[slot]!) === 'missing') count++;
  }
  return count;
}
