/** I6 is an invariant of docs/ARCHITECTURE.md. */
import { noCounts } from '@barkeep/bars';
import { addedUp } from './position.js';

describe('I6 the counts of a session add up', () => {
  it('when some slots are in no count: they are missing', () => {
    const counts = { ...noCounts(), expected: 10, streamed: 5, backfilled: 2, noTrade: 1, absent: 1 };
    expect(addedUp(counts)).toEqual({ ...counts, filled: 7, missing: 1 });
  });

  it('when slots of a symbol that left are still counted: at least these slots are expected', () => {
    const counts = { ...noCounts(), expected: 5, streamed: 6, unfillable: 1 };
    expect(addedUp(counts)).toEqual({ ...counts, filled: 6, expected: 7, missing: 0 });
  });
});
