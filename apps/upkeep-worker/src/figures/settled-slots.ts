/** How many slots an answer of the repositories settled. Pure. */
import { statusOf } from '@barkeep/bars';

export interface SettledCounts {
  noTrade: number;
  unfillable: number;
}

/** The slots that became no-trade or unfillable. @param before the states of the day's slots; undefined: none was requested yet */
export function settledOf(before: Uint8Array | undefined, after: Uint8Array): SettledCounts {
  const settled = { noTrade: 0, unfillable: 0 };
  after.forEach((state, slot) => {
    if (state === (before?.[slot] ?? 0)) return;
    const status = statusOf(state);
    if (status === 'no-trade') settled.noTrade++;
    if (status === 'unfillable') settled.unfillable++;
  });
  return settled;
}
