/** What a fill changes for the session's counters and events: a comparison of a symbol's slot states before and after. Pure. */
import { BACKFILLED, COUNTED_AS, statusOf } from '@barkeep/bars';
import { COUNTERS } from '../redis/index.js';

/** The counters that a fill changes, in the order of fill.lua: all but the first, `streamed`. All but `backfilled` count empty slots. */
export const [, ...FILL_COUNTERS] = COUNTERS;
type FillCounter = (typeof FILL_COUNTERS)[number];

/** The changes of one symbol on one day. */
export interface StateChanges {
  /** By how many slots each counter changes. */
  changes: Record<FillCounter, number>;
  /**
   * For the event `gap-settled`: the slots that became no-trade, unfillable or absent, as JSON. Counts by kind, such as `{"noTrade":2,…}`, and
   * runs of adjacent slots by kind: `{"noTrade":[3,5],…}` are the slots 3 and 4. Both are '' when no slot became one of these.
   */
  settled: [counts: string, runs: string];
}

/** Compares the states of a day. @param before undefined when there were none: all slots had the state 0 */
export function stateChanges(before: Uint8Array | undefined, after: Uint8Array): StateChanges {
  const changes = { backfilled: 0, noTrade: 0, unfillable: 0, absent: 0 };
  const counts = { noTrade: 0, unfillable: 0, absent: 0 };
  const runs = { noTrade: [] as number[], unfillable: [] as number[], absent: [] as number[] };
  let isSettled = false;
  for (let slot = 0; slot < after.length; slot++) {
    const [oldState, newState] = [before?.[slot] ?? 0, after[slot]!];
    if (oldState === newState) continue;
    const [oldCounter, newCounter] = [counterOf(oldState), counterOf(newState)];
    if (oldCounter === newCounter) continue;
    if (oldCounter) changes[oldCounter]--;
    if (newCounter) changes[newCounter]++;
    // A backfilled slot is filled, not settled.
    if (!newCounter || newCounter === 'backfilled') continue;
    isSettled = true;
    counts[newCounter]++;
    addRun(runs[newCounter], slot);
  }
  return { changes, settled: isSettled ? [JSON.stringify(counts), JSON.stringify(runs)] : ['', ''] };
}

/** Adds a slot to a list of runs: start, end, start, end, … Extends the last run if it ends at the slot. */
function addRun(runs: number[], slot: number): void {
  if (runs.at(-1) === slot) runs[runs.length - 1] = slot + 1;
  else runs.push(slot, slot + 1);
}

/** The counter that includes slots of a state; undefined for missing slots: their number is what is left. */
function counterOf(state: number): FillCounter | undefined {
  if (state === 0) return undefined;
  if (state === BACKFILLED) return 'backfilled';
  const counter = COUNTED_AS[statusOf(state)];
  return counter === 'missing' ? undefined : counter;
}
