/** I10 is an invariant of docs/ARCHITECTURE.md. */
import type { OutsideDay } from '@barkeep/session-data';
import { intervalWarnings, outsideWarnings, timeoutWarnings } from './session-warnings.js';

const SPEC = { calendar: 'XNYS', hours: 'regular', source: { type: 'dataset', dataset: 'd' } } as const;

/** A day of ACME with all of its rows in slots, unless `values` says otherwise. `rows` is the number of all rows. */
const day = (values: Pick<OutsideDay, 'rows'> & Partial<OutsideDay>): OutsideDay => {
  const unusedTimes = { first: 0, until: 0 };
  return { symbol: 'ACME', date: '2024-03-04', outside: 0, extended: 0, ...unusedTimes, ...values };
};

/** The warnings of a session with a dataset. The totals, here 0, are used only for feeds. */
function warnings(...days: OutsideDay[]): string[] {
  return outsideWarnings(SPEC, { days, outside: 0, extended: 0 }, { streamed: 0, isOver: false });
}

const SENTENCE = '300 of 390 rows of ACME on 2024-03-04 are outside XNYS regular hours; is the time zone right?';

test('I10 warns of dates on which more than 1 % of the rows are outside, and names the first one', () => {
  const mostOutside = day({ rows: 390, outside: 300 });
  const onePercentOutside = day({ rows: 400, outside: 4 });
  expect(warnings(mostOutside)).toEqual([SENTENCE]);
  expect(warnings(onePercentOutside, mostOutside)).toEqual([SENTENCE]);
  expect(warnings(mostOutside, day({ rows: 390, outside: 5, symbol: 'ZETA' }))).toEqual([
    `${SENTENCE} The same holds for 1 more day of its symbols.`,
  ]);
  expect(warnings(onePercentOutside)).toEqual([]);
});

test('I10 warns of rows in extended hours when they are more than the rows in slots', () => {
  expect(warnings(day({ rows: 390, extended: 300 }))).toEqual([SENTENCE]); // 90 rows are in slots
  expect(warnings(day({ rows: 960, extended: 480 }))).toEqual([]); // as many in slots
  expect(warnings(day({ rows: 600, extended: 210 }))).toEqual([]); // 390 rows are in slots
});

test('I10 warns once of all fed bars that are outside', () => {
  const fed = { ...SPEC, source: { type: 'feed' as const, latenessSeconds: 0 } };
  /** @param streamed how many fed bars are in slots */
  const warningsOf = ({ streamed = 0, outside = 0, extended = 0, isOver = false }) =>
    outsideWarnings(fed, { days: [], outside, extended }, { streamed, isOver });
  const sentence = '300 of 390 fed bars are outside XNYS regular hours; is the time zone right?';
  expect(warningsOf({ streamed: 90, outside: 300 })).toEqual([sentence]);
  // Early in the feed most bars may be in extended hours: before the open none has a slot, at the open only the first.
  expect(warningsOf({ outside: 3, extended: 330 })).toEqual([]);
  expect(warningsOf({ streamed: 1, extended: 330 })).toEqual([]);
  expect(warningsOf({ streamed: 90, extended: 300, isOver: true })).toEqual([sentence]);
});

test('warns of bars that are not at the open of a slot when they are more than 1 % of the bars', () => {
  const warningsOf = (filled: number, offGrid: number) =>
    intervalWarnings({ baseInterval: '5m' }, { counts: { filled }, offGrid });
  expect(warningsOf(78, 312)).toEqual([
    '312 of 390 bars are not at the open of a 5m slot; is the base interval right?',
  ]);
  expect(warningsOf(396, 4)).toEqual([]);
  expect(warningsOf(0, 0)).toEqual([]);
});

test('with a history, the 1 % is of the bars and of the slots of the history, in which these bars may be', () => {
  const warningsOf = (offGrid: number, historySlots: number) =>
    intervalWarnings({ baseInterval: '5m' }, { counts: { filled: 0 }, offGrid }, historySlots);
  expect(warningsOf(1, 780)).toEqual([]);
  expect(warningsOf(312, 78)).toEqual(['312 bars are not at the open of a 5m slot; is the base interval right?']);
});

test('warns of days whose source was silent, and names the first one', () => {
  const warningsOf = (...dates: string[]) => timeoutWarnings({ feed: { timeoutSeconds: 60 } }, dates);
  expect(warningsOf()).toEqual([]);
  expect(warningsOf('2024-03-04')[0]).toMatch(/^the source was silent for 60 s .*: rows of 2024-03-04 may be missing/);
  expect(warningsOf('2024-03-04', '2024-03-05', '2024-03-06')[0]).toContain('rows of 2024-03-04 and 2 more days');
});
