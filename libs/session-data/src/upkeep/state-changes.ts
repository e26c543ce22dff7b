/** How a fill changes a symbol's slot states: for the session's counters and for its events. Pure. */
import { BACKFILLED, statusOf } from '@barkeep/bars';

/** A session's counts cover only its own days: a change in the history changes none of them. */
export const NO_CHANGES = [0, 0, 0, 0] as const;

/** By how many slots the counts of backfilled, no-trade, unfillable and absent change. */
export function stateChanges(before: Uint8Array | undefined, after: Uint8Array): [number, number, number, number] {
  const changes: [number, number, number, number] = [0, 0, 0, 0];
  after.forEach((state, slot) => {
    const was = before?.[slot] ?? 0;
    if (was === state) return;
    const [to, from] = [counterOf(state), counterOf(was)];
    if (to !== undefined) changes[to]!++;
    if (from !== undefined) changes[from]!--;
  });
  return changes;
}

/** Slots that became no-trade, unfillable and absent, as JSON: their counts, and their runs; both empty when none did. */
export function settledSlots(before: Uint8Array | undefined, after: Uint8Array): [counts: string, runs: string] {
  const counts = { noTrade: 0, unfillable: 0, absent: 0 };
  const runs = { noTrade: [] as number[], unfillable: [] as number[], absent: [] as number[] };
  after.forEach((state, slot) => {
    const was = before?.[slot] ?? 0;
    if (was === state) return;
    const kind = SETTLED[counterOf(state) ?? 0];
    if (kind === undefined || counterOf(state) === counterOf(was)) return;
    counts[kind]++;
    addRun(runs[kind], slot);
  });
  const isNone = Object.values(counts).every((count) => count === 0);
  return isNone ? ['', ''] : [JSON.stringify(counts), JSON.stringify(runs)];
}

/** Adds slots `[start, end)` to runs, which are given as from, to in turn. */
export function addRun(runs: number[], start: number, end = start + 1): void {
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
