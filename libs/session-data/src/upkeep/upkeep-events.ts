/** Events that do not come from a write of bars: gaps that are found, and the quality of a day. Each is emitted once. */
import { barQuality, firstMissing, gapsOf, type SlotCounts } from '@barkeep/bars';
import { countFields, EVENTS_KEPT, runAndPublish } from '../events/index.js';
import { dayMember, type SessionLayout } from '../layout/index.js';
import { SCRIPTS, type ScriptArgument } from '../redis/index.js';
import type { SymbolDay } from './symbol-days.js';
import type { UpkeepReads } from './upkeep-reads.js';

/**
 * Emits the missing slots among the base slots `[0, closed)` of a day (its index), each once.
 * @param symbols what the store has of the partition's symbols on that day @returns their number @throws SessionLostError
 */
export async function emitGapsFound(
  { redis, layout }: UpkeepReads,
  { partition, day, closed }: { partition: number; day: number; closed: number },
  symbols: readonly SymbolDay[],
): Promise<number> {
  const incomplete = symbols.filter(({ bitmap, states }) => firstMissing(bitmap, states, closed) < closed);
  if (incomplete.length === 0) return 0;
  const { meta, emitted, changes, pending } = layout.keysOf(partition);
  const { date, open } = layout.grid(day);
  // For each symbol the number of slots that earlier calls checked; null when none were.
  const members = incomplete.map(({ symbol }) => dayMember(date, symbol));
  const checkedBefore = await redis.hmget(emitted, ...members);
  const symbolArgs: ScriptArgument[] = [];
  incomplete.forEach((symbolDay, i) => {
    const before = checkedBefore[i] ?? ''; // the script expects this text unchanged; as a number, '' is 0
    const from = Number(before);
    if (from >= closed) return;
    const missing = missingIn(symbolDay, from, closed);
    symbolArgs.push(members[i]!, before, closed, missing.count, JSON.stringify(missing.runs));
  });
  if (symbolArgs.length === 0) return 0;
  const keys = [meta, emitted, changes, pending];
  const args = [open, EVENTS_KEPT, ...symbolArgs];
  const [, missing = 0] = await runAndPublish(SCRIPTS.emitGaps, redis, { layout, partition, open }, keys, args);
  return Number(missing); // 0 for a day that is no longer retained
}

/** The date, the counts as text, and the event's fields and values, as move-watermark.lua expects them. */
export function qualityArguments(
  layout: SessionLayout,
  partition: number,
  dayIndex: number,
  counts: SlotCounts,
): [string, ...ScriptArgument[]] {
  const { date } = layout.grid(dayIndex);
  const figures = { ...countFields(counts), barQuality: barQuality(counts) };
  const fields = { type: 'quality', date, symbols: layout.symbolsOf(partition).length, ...figures };
  return [date, Object.values(figures).join(' '), ...Object.entries(fields).flat()];
}

/** The missing slots among `[from, to)`: their number, and their runs (start, end, start, end, …). */
function missingIn({ bitmap, states }: SymbolDay, from: number, to: number): { count: number; runs: number[] } {
  const asksToSettle = Infinity; // only the `attempts` of an unfillable gap depend on it
  const gaps = gapsOf(bitmap, states, from, to, asksToSettle).filter(({ status }) => status === 'missing');
  const count = gaps.reduce((sum, { start, end }) => sum + end - start, 0);
  return { count, runs: gaps.flatMap(({ start, end }) => [start, end]) };
}
