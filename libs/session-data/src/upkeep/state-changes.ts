/** What a fill changes for the session's counters and events: a comparison of a symbol's slot states before and after. Pure. */
import { BACKFILLED, statusOf } from '@barkeep/bars';

/** The changes of one symbol on one day. */
export interface StateChanges {
  /** By how many slots the counters backfilled, noTrade, unfillable and absent change. */
  changes: [number, number, number, number];
  /**
   * The slots that became no-trade, unfillable or absent, as JSON: their counts and their runs (sequences of adjacent slots) by
   * kind. Both are '' when there are no such slots.
   */
  settled: [counts: string, runs: string];
}

/** Compares the states of a day. @param before undefined when there were none: all slots had the state 0 */
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
    const kind = to === undefined ? undefined : SETTLED[to];
    if (kind === undefined) continue;
    isSettled = true;
    counts[kind]++;
    addRun(runs[kind], slot);
  }
  return { changes, settled: isSettled ? [JSON.stringify(counts), JSON.stringify(runs)] : ['', ''] };
}

/** Adds slots `[start, end)` to a list of runs: start, end, start, end, … Extends the last run if it ends at `start`. */
export function addRun(runs: number[], start: number, end = start + 1): void {
  if (runs.at(-1) === start) runs[runs.length - 1] = end;
  else runs.push(start, end);
}

/** The kinds of settled slots, by the indexes of {@link StateChanges.changes}. A backfilled slot (index 0) is filled, not settled. */
const SETTLED = [undefined, 'noTrade', 'unfillable', 'absent'] as const;

/** The index in {@link StateChanges.changes} of the counter for a state; undefined when no counter includes it. */
function counterOf(state: number): number | undefined {
  if (state === 0) return undefined;
  if (state === BACKFILLED) return 0;
  return { missing: undefined, 'no-trade': 1, unfillable: 2, absent: 3 }[statusOf(state)];
}
