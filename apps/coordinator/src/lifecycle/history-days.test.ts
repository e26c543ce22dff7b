import { DaySearch } from './history-days.js';

const BARS = 10;
/** A trading day that closes at this time. */
const dayClosingAt = (close: number) => ({ date: '', segments: [{ open: close - 1, close }] });

describe('the search for the days that a number of bars takes', () => {
  it('ends with the day on which the last symbol has enough', () => {
    const firstBarAt = 0; // of both symbols, long before these days
    const firsts = [1, 2].map((symbolId) => [symbolId, firstBarAt] as const);
    const search = new DaySearch(BARS, new Map(firsts));
    expect(search.incomplete(dayClosingAt(100))).toEqual([1, 2]);
    // Day 0 is the newest one, day 1 the one before it. Symbol 1 has its 10 bars on day 0. Symbol 2 has 9 on both, and needs one more.
    search.add([
      { symbolId: 2, day: 1, bars: 4 },
      { symbolId: 1, day: 0, bars: 10 },
      { symbolId: 2, day: 0, bars: 5 },
      { symbolId: 1, day: 1, bars: 10 },
    ]);
    expect(search.days).toBe(2);
    expect(search.incomplete(dayClosingAt(90))).toEqual([2]);
    search.add([
      { symbolId: 2, day: 7, bars: 1 },
      { symbolId: 2, day: 9, bars: 5 },
    ]);
    expect(search.days).toBe(8); // days 0 to 7
    expect(search.incomplete(dayClosingAt(80))).toEqual([]);
  });

  it('looks for no symbol before its first bar, and needs no day before the oldest one that has bars', () => {
    const firstBarAt = 50;
    const search = new DaySearch(BARS, new Map([[1, firstBarAt]]));
    search.add([{ symbolId: 1, day: 2, bars: 3 }]);
    expect(search.incomplete(dayClosingAt(firstBarAt + 1))).toEqual([1]);
    expect(search.incomplete(dayClosingAt(firstBarAt))).toEqual([]);
    expect(search.days).toBe(3); // days 0 to 2
  });

  it('ends at once without any data', () => {
    const search = new DaySearch(BARS, new Map());
    expect(search.incomplete(dayClosingAt(1))).toEqual([]);
    expect(search.days).toBe(0);
  });
});
