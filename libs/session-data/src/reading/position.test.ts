/** I6 is an invariant of docs/ARCHITECTURE.md. */
import { noCounts } from '@barkeep/bars';
import { addedUp } from './position.js';

it('I6 the slots in no count are missing', () => {
  const counts = { ...noCounts(), expected: 10, streamed: 5, backfilled: 2, noTrade: 1, absent: 1 };
  expect(addedUp(counts)).toEqual({ ...counts, filled: 7, missing: 1 });
});

it('I6 when more slots are counted than expected, because a symbol left, the counted ones are expected', () => {
  const counts = { ...noCounts(), expected: 5, streamed: 6, unfillable: 1 };
  expect(addedUp(counts)).toEqual({ ...counts, filled: 6, expected: 7, missing: 0 });
});
