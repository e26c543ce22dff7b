import { noFigures } from '@barkeep/session-data';
import { DayChanges } from './stream-metrics.js';

let now: number;
let seen: [waitedMs: number, hit: boolean][];

function dayChanges() {
  now = 0;
  seen = [];
  const figures = noFigures();
  const noop = () => undefined;
  const metrics = {
    flushed: noop,
    outside: noop,
    delivered: noop,
    overrun: noop,
    prefetched: noop,
    windowShared: noop,
    dayTimedOut: noop,
    dayChanged: (waitedMs: number, hit: boolean) => void seen.push([waitedMs, hit]),
  };
  return { changes: new DayChanges(figures, metrics, () => now), figures };
}

test('a day that is stored at the close before it is a hit without a wait', () => {
  const { changes, figures } = dayChanges();
  changes.stored(0);
  changes.stored(1);
  changes.close(0);
  expect(seen).toEqual([[0, true]]);
  expect(changes.waitedMs(1)).toBe(0);
  expect(figures).toMatchObject({ prefetchHits: 1, prefetchMisses: 0 });
});

test('a day whose rows are read but not stored at the close is a hit that waits for the store', () => {
  const { changes } = dayChanges();
  changes.read(1);
  changes.close(0);
  now = 12;
  changes.stored(1);
  expect(seen).toEqual([[12, true]]);
  expect(changes.waitedMs(1)).toBe(12);
});

test('a day whose rows have not come at the close is a miss', () => {
  const { changes, figures } = dayChanges();
  changes.stored(0);
  changes.close(0);
  now = 30;
  changes.read(1);
  now = 40;
  changes.stored(1);
  changes.stored(2);
  expect(seen).toEqual([[40, false]]);
  expect(figures).toMatchObject({ prefetchHits: 0, prefetchMisses: 1 });
});

test('a change counts once, however often the day is stored, and every change counts', () => {
  const { changes } = dayChanges();
  for (const day of [0, 1, 2]) changes.stored(day);
  changes.close(0);
  changes.stored(1);
  changes.close(1);
  expect(seen).toEqual([
    [0, true],
    [0, true],
  ]);
});

test('a change whose close was not seen is not counted', () => {
  const { changes } = dayChanges();
  changes.stored(5);
  expect(seen).toEqual([]);
  expect(changes.waitedMs(5)).toBe(0);
});
