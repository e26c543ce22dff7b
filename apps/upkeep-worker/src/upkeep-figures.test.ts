import { BACKFILLED, NO_TRADE, UNFILLABLE } from '@barkeep/bars';
import { settledOf } from './upkeep-figures.js';

describe('settledOf', () => {
  it('counts the slots that an answer settled, and none that were settled before', () => {
    const before = Uint8Array.of(0, 3, NO_TRADE, UNFILLABLE, 0, 0);
    const after = Uint8Array.of(NO_TRADE, UNFILLABLE, NO_TRADE, UNFILLABLE, BACKFILLED, 1);
    expect(settledOf(before, after)).toEqual({ noTrade: 1, unfillable: 1 });
  });

  it('counts all of a day that was not asked for before', () => {
    expect(settledOf(undefined, Uint8Array.of(NO_TRADE, NO_TRADE, 0))).toEqual({ noTrade: 2, unfillable: 0 });
  });
});
