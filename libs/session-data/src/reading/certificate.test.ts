import { noCounts } from '@barkeep/bars';
import { changedDates, type DayDigest, type StoreCertificate } from './certificate.js';

function certificateOf(...days: DayDigest[]): StoreCertificate {
  return { days, digest: '0'.repeat(64), complete: true };
}

/** A day of ten slots, of which eight have a bar. */
function dayOf(date: string, change: Partial<DayDigest['counts']> = {}, digest = 'a'.repeat(64)): DayDigest {
  const counts = { ...noCounts(), expected: 10, filled: 8, streamed: 8, ...change };
  return { date, open: `${date}T14:30:00.000Z`, close: `${date}T21:00:00.000Z`, digest, counts };
}

const [FIRST, SECOND] = ['2024-03-04', '2024-03-05'];

test('changedDates names a day with other bars, and a day that only one certificate has', () => {
  const before = certificateOf(dayOf(FIRST), dayOf(SECOND));
  expect(changedDates(before, certificateOf(dayOf(FIRST, {}, 'b'.repeat(64)), dayOf(SECOND)))).toEqual([FIRST]);
  expect(changedDates(before, certificateOf(dayOf(SECOND)))).toEqual([FIRST]);
});

test('changedDates names a day whose counts in the chain changed, although its bars did not', () => {
  const before = certificateOf(dayOf(FIRST, { unfillable: 2 }), dayOf(SECOND, { unfillable: 2 }));
  const now = certificateOf(dayOf(FIRST, { noTrade: 2 }), dayOf(SECOND, { absent: 2 }));
  expect(changedDates(before, now)).toEqual([FIRST]); // the chain does not include the numbers of unfillable and absent slots
});
