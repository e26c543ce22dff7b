/** What upkeep knows and changes of a trading day: its slots, their counts, gaps, fills and derived chunks. Pure. */
import {
  addDayCounts,
  BACKFILLED,
  barQuality,
  type DayChunk,
  emptyRuns,
  noCounts,
  statusOf,
  type SlotCounts,
} from '@barkeep/bars';
import { countFields } from '../events/index.js';
import type { SessionLayout } from '../layout/index.js';

export interface SymbolDay {
  symbol: string;
  /** Presence bitmap of the base chunk; zeros when nothing was stored. */
  bitmap: Uint8Array;
  /** One state byte a base slot; undefined when nothing was ever missing or treated. */
  states: Uint8Array | undefined;
}

/** New bars and new states for one symbol's day. */
export interface SymbolFill {
  symbol: string;
  before: Uint8Array | undefined;
  after: Uint8Array;
  /** When absent bars are due for another try, epoch ms; undefined when they are not. */
  dueAt: number | undefined;
  /** Records for empty slots, run by run. */
  runs: readonly { start: number; records: Uint8Array }[];
}

/** Refused bars of one symbol for one reason, in all answers of repositories for one day so far. */
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

/** Counts of the base slots `[0, end)` of a day. */
export function countsBefore(symbols: readonly SymbolDay[], end: number): SlotCounts {
  const counts = noCounts();
  for (const { bitmap, states } of symbols) addDayCounts(counts, bitmap, states, end);
  return counts;
}

/** Slots of `[from, to)` that are empty and were not tried yet: their number, and their runs as from, to in turn. */
export function missingIn({ bitmap, states }: SymbolDay, from: number, to: number): { count: number; runs: number[] } {
  const runs: number[] = [];
  for (const { start, end } of emptyRuns(bitmap, from, to)) {
    if (!states) addRun(runs, start, end);
    else for (let slot = start; slot < end; slot++) if (statusOf(states[slot]!) === 'missing') addRun(runs, slot);
  }
  return { count: runs.reduce((sum, slot, i) => sum + (i % 2 === 0 ? -slot : slot), 0), runs };
}

/** Date, counts as text, fields and values of the event about a day's quality, as the scripts take them. */
export function qualityArguments(
  layout: SessionLayout,
  partition: number,
  dayIndex: number,
  counts: SlotCounts,
): (string | number)[] {
  const { date } = layout.grid(dayIndex);
  const figures = { ...countFields(counts), barQuality: barQuality(counts) };
  const fields = { type: 'quality', date, symbols: layout.symbolsOf(partition).length, ...figures };
  return [date, Object.values(figures).join(' '), ...Object.entries(fields).flat()];
}

/**
 * How a fill changes a day's states. `changes`: by how many slots the counts of backfilled, no-trade, unfillable and absent
 * change. `settled`: the slots that became no-trade, unfillable or absent, as JSON of their counts and of their runs; both
 * empty when none did.
 */
export function fillChanges({ before, after }: SymbolFill): { changes: number[]; settled: [string, string] } {
  const changes = [0, 0, 0, 0];
  const counts = { noTrade: 0, unfillable: 0, absent: 0 };
  const runs = { noTrade: [] as number[], unfillable: [] as number[], absent: [] as number[] };
  after.forEach((state, slot) => {
    const was = before?.[slot] ?? 0;
    if (was === state) return;
    const [to, from] = [counterOf(state), counterOf(was)];
    if (to === from) return;
    if (to !== undefined) changes[to]!++;
    if (from !== undefined) changes[from]!--;
    const kind = SETTLED[to ?? 0];
    if (kind === undefined) return;
    counts[kind]++;
    addRun(runs[kind], slot);
  });
  const isNone = Object.values(counts).every((count) => count === 0);
  return { changes, settled: isNone ? ['', ''] : [JSON.stringify(counts), JSON.stringify(runs)] };
}

/** Adds slots `[start, end)` to runs, which are given as from, to in turn. */
function addRun(runs: number[], start: number, end = start + 1): void {
  if (runs.at(-1) === start) runs[runs.length - 1] = end;
  else runs.push(start, end);
}

/** Kinds of settled slots by their counter. */
const SETTLED = [undefined, 'noTrade', 'unfillable', 'absent'] as const;

function counterOf(state: number): number | undefined {
  if (state === 0) return undefined;
  if (state === BACKFILLED) return 0;
  return { missing: undefined, 'no-trade': 1, unfillable: 2, absent: 3 }[statusOf(state)];
}
