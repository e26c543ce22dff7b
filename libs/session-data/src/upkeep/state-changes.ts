/** How a fill changes a symbol's slot states: for the session's counters and for its events. Pure. */
import { BACKFILLED, statusOf } from '@barkeep/bars';

export interface StateChanges {
  /** By how many slots the counts of backfilled, no-trade, unfillable and absent change. */
  changes: [number, number, number, number];
  /** The slots that became no-trade, unfillable or absent, as JSON: their counts and their runs; both '' when there are none. */
  settled: [counts: string, runs: string];
}

export function stateChanges(before: Uint8Array | undefined, after: Uint8Array): StateChanges {
  const changes: StateChanges['changes'] = [0, 0, 0, 0];
  const counts = { noTrade: 0, unfillable: 0, absent: 0 };
  const runs = { noTrade: [] as number[], unfillable: [] as number[], absent: [] as number[] };
  let isSettled = false;
  for (let slot = 0; slot < after.length; slot++) {
    const [was, state] = [before?.[slot] ?? 0, after[slot]!];
    if (was === state) continue;
    const [from, to] = [counterOf(was), counterOf(state)];
    if (from === to) continue;
    if (from !== undefined) changes[from]!--;
    if (to !== undefined) changes[to]!++;
    const kind = SETTLED[to ?? 0];
    if (kind === undefined) continue;
    isSettled = true;
    counts[kind]++;
    addRun(runs[kind], slot);
  }
  return { changes, settled: isSettled ? [JSON.stringify(counts), JSON.stringify(runs)] : ['', ''] };
}

/** Adds slots `[start, end)` to a list of runs: start and end of each, by turns. */
export function addRun(runs: number[], start: number, end = start + 1): void {
  if (runs.at(-1) === start) runs[runs.length - 1] = end;
  else runs.push(start, end);
}

/** The kinds of settled slots, by the indexes of {@link StateChanges.changes}. */
const SETTLED = [undefined, 'noTrade', 'unfillable', 'absent'] as const;

/** The index in {@link StateChanges.changes} of the counter for a state; undefined when no counter includes it. */
function counterOf(state: number): number | undefined {
  if (state === 0) return undefined;
  if (state === BACKFILLED) return 0;
  return { missing: undefined, 'no-trade': 1, unfillable: 2, absent: 3 }[statusOf(state)];
}
