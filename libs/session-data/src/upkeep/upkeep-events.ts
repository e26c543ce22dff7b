/**
 * Events of upkeep that do not come from a write of bars: gaps when they are first found, and the quality of a day when
 * it closes or changes. The scripts emit each once, however often they are called. Events about written bars come from
 * the scripts that write the bars.
 */
import { barQuality, emptyRuns, firstMissing, statusOf, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { countFields, EVENTS_KEPT, runAndPublish } from '../events/index.js';
import { dayMember, type SessionLayout } from '../layout/index.js';
import { SCRIPTS, type ScriptArgument } from '../redis/index.js';
import { addRun } from './state-changes.js';
import type { SymbolDay } from './symbol-day.js';

export class UpkeepEvents {
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
  ) {}

  /**
   * Emits which of a day's slots `[0, closed)` are empty and were not tried yet, unless that was emitted before.
   * @returns how many slots it emitted @throws SessionLostError
   */
  async gapsFound(partition: number, dayIndex: number, closed: number, symbols: readonly SymbolDay[]): Promise<number> {
    const lacking = symbols.filter(({ bitmap, states }) => firstMissing(bitmap, states, closed) < closed);
    if (lacking.length === 0) return 0;
    const { meta, emitted, changes, pending } = this.layout.keysOf(partition);
    const { date, open } = this.layout.grid(dayIndex);
    const seen = await this.redis.hmget(emitted, ...lacking.map(({ symbol }) => dayMember(date, symbol)));
    const args: ScriptArgument[] = [];
    lacking.forEach((symbol, i) => {
      const before = seen[i] ?? '';
      if (Number(before) >= closed) return;
      const missing = missingIn(symbol, Number(before), closed);
      args.push(symbol.symbol, before, closed, missing.count, JSON.stringify(missing.runs));
    });
    if (args.length === 0) return 0;
    const day = { layout: this.layout, partition, open };
    const keys = [meta, emitted, changes, pending];
    const reply = await runAndPublish(SCRIPTS.emitGaps, this.redis, day, keys, [open, date, EVENTS_KEPT, ...args]);
    return typeof reply === 'number' ? reply : 0;
  }

  /** Emits the counts of a closed day of a partition, unless they are the last emitted ones. @throws SessionLostError */
  async quality(partition: number, dayIndex: number, counts: SlotCounts): Promise<void> {
    const { meta, emitted, changes, pending } = this.layout.keysOf(partition);
    const { open, close } = this.layout.grid(dayIndex);
    const [date, ...rest] = this.qualityArguments(partition, dayIndex, counts);
    const day = { layout: this.layout, partition, open };
    const keys = [meta, emitted, changes, pending];
    await runAndPublish(SCRIPTS.emitQuality, this.redis, day, keys, [open, close, date, EVENTS_KEPT, ...rest]);
  }

  /** Date, counts as text, fields and values, as the scripts take them. */
  qualityArguments(partition: number, dayIndex: number, counts: SlotCounts): [string, ...ScriptArgument[]] {
    const { date } = this.layout.grid(dayIndex);
    const figures = { ...countFields(counts), barQuality: barQuality(counts) };
    const fields = { type: 'quality', date, symbols: this.layout.symbolsOf(partition).length, ...figures };
    return [date, Object.values(figures).join(' '), ...Object.entries(fields).flat()];
  }
}

/** Slots of `[from, to)` that are empty and were not tried yet: their number, and their runs as from, to in turn. */
function missingIn({ bitmap, states }: SymbolDay, from: number, to: number): { count: number; runs: number[] } {
  const runs: number[] = [];
  for (const { start, end } of emptyRuns(bitmap, from, to)) {
    if (!states) addRun(runs, start, end);
    else for (let slot = start; slot < end; slot++) if (statusOf(states[slot]!) === 'missing') addRun(runs, slot);
  }
  return { count: runs.reduce((sum, slot, i) => sum + (i % 2 === 0 ? -slot : slot), 0), runs };
}
