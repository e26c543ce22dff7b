import { outsideWarnings } from './session-warnings.js';

const SPEC = { calendar: 'XNYS', hours: 'regular', source: { type: 'dataset', dataset: 'd' } } as const;

/** A day with this many rows, of which so many are outside and so many in extended hours. */
const day = (rows: number, outside: number, extended: number, symbol = 'ACME') => ({
  symbol,
  date: '2024-03-04',
  rows,
  outside,
  extended,
  first: 0,
  until: 0,
});

function warnings(...days: ReturnType<typeof day>[]): string[] {
  return outsideWarnings(SPEC, { days, outside: 0, extended: 0 }, { streamed: 0, isOver: false });
}

const SENTENCE = '300 of 390 rows of ACME on 2024-03-04 are outside XNYS regular hours; is the time zone right?';

test('I10 warns of dates on which more than 1 % of the rows are outside, and names the first one', () => {
  expect(warnings(day(390, 300, 0))).toEqual([SENTENCE]);
  expect(warnings(day(400, 4, 0), day(390, 300, 0))).toEqual([SENTENCE]); // the first day has just 1 %
  expect(warnings(day(390, 300, 0), day(390, 5, 0, 'ZETA'))).toEqual([
    `${SENTENCE} The same holds for 1 more day of its symbols.`,
  ]);
  expect(warnings(day(400, 4, 0), day(960, 0, 480))).toEqual([]); // the second day has half of its rows in extended hours
});

test('I10 warns of rows in extended hours when they are more than the rows in slots', () => {
  expect(warnings(day(390, 0, 300))).toEqual([SENTENCE]);
  expect(warnings(day(600, 0, 210))).toEqual([]);
});

test('I10 warns once of all fed bars that are outside', () => {
  const fed = { ...SPEC, source: { type: 'feed' as const, latenessSeconds: 0 } };
  const warningsOf = (streamed: number, outside: number, extended: number, isOver = false) =>
    outsideWarnings(fed, { days: [], outside, extended }, { streamed, isOver });
  const sentence = '300 of 390 fed bars are outside XNYS regular hours; is the time zone right?';
  expect(warningsOf(90, 300, 0)).toEqual([sentence]);
  // Early in the feed most bars may be in extended hours: before the open none has a slot, at the open only the first.
  expect(warningsOf(0, 3, 330)).toEqual([]);
  expect(warningsOf(1, 0, 330)).toEqual([]);
  expect(warningsOf(90, 0, 300, true)).toEqual([sentence]);
});
