/**
 * A session changes to its next day at the close of a day. The change is a hit when the rows of the next day were read before that close,
 * and a miss otherwise. It waits until the day is stored.
 */
import { noFigures, type StreamFigures } from '@barkeep/session-data';
import { DayChanges } from './day-changes.js';

/** The first window of day 1. */
const FIRST_OF_DAY_1 = { dayIndex: 1, fromSlot: 0 };

/** The time of the measurement, ms. */
let now: number;
let counted: [waitedMs: number, isHit: boolean][];
let figures: StreamFigures;
let changes: DayChanges;

beforeEach(() => {
  now = 0;
  counted = [];
  figures = noFigures();
  const dayChanged = (waitedMs: number, isHit: boolean) => void counted.push([waitedMs, isHit]);
  changes = new DayChanges(figures, { dayChanged }, () => now);
});

test('a change to a day that is stored already is a hit without a wait', () => {
  changes.dayStored(0);
  changes.dayStored(1);
  changes.dayClosed(0);
  expect(counted).toEqual([[0, true]]);
  expect(changes.waitedMs(1)).toBe(0);
  expect(figures).toMatchObject({ prefetchHits: 1, prefetchMisses: 0 });
});

test('a change to a day whose rows are read, but not stored, is a hit that waits for the store', () => {
  changes.windowRead(FIRST_OF_DAY_1);
  changes.dayClosed(0);
  now = 12;
  changes.dayStored(1);
  expect(counted).toEqual([[12, true]]);
  expect(changes.waitedMs(1)).toBe(12);
});

test('a change to a day whose rows are read later is a miss', () => {
  changes.dayStored(0);
  changes.dayClosed(0);
  now = 30;
  changes.windowRead(FIRST_OF_DAY_1);
  now = 40;
  changes.dayStored(1);
  changes.dayStored(2); // its close has not come, so it counts nothing
  expect(counted).toEqual([[40, false]]);
  expect(figures).toMatchObject({ prefetchHits: 0, prefetchMisses: 1 });
});

test('a later window of a day does not count as its first rows', () => {
  changes.dayStored(0);
  changes.windowRead({ dayIndex: 1, fromSlot: 30 });
  changes.dayClosed(0);
  changes.dayStored(1);
  expect(counted).toEqual([[0, false]]);
});

test('each change counts once, also when the next day is stored again', () => {
  for (const day of [0, 1, 2]) changes.dayStored(day);
  changes.dayClosed(0);
  changes.dayStored(1);
  changes.dayClosed(1);
  expect(counted).toEqual([
    [0, true],
    [0, true],
  ]);
});

test('a change whose close was not seen is not counted', () => {
  changes.dayStored(5);
  expect(counted).toEqual([]);
  expect(changes.waitedMs(5)).toBe(0);
});
