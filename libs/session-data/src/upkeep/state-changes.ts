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

/** JSON of how many slots became no-trade, unfillable and absent; empty when none did. */
export function settledSlots(before: Uint8Array | undefined, after: Uint8Array): string {
  const settled = [0, 0, 0];
  after.forEach((state, slot) => {
    const was = before?.[slot] ?? 0;
    if (was === state) return;
    const to = counterOf(state);
    if (to !== undefined && to > 0 && to !== counterOf(was)) settled[to - 1]!++;
  });
  const [noTrade, unfillable, absent] = settled;
  return settled.some((count) => count > 0) ? JSON.stringify({ noTrade, unfillable, absent }) : '';
}

function counterOf(state: number): number | undefined {
  if (state === 0) return undefined;
  if (state === BACKFILLED) return 0;
  return { missing: undefined, 'no-trade': 1, unfillable: 2, absent: 3 }[statusOf(state)];
}
