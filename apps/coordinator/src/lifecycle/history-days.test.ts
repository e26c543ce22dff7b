import { DaySearch } from './history-days.js';

const day = (close: number) => ({ date: '', segments: [{ open: close - 1, close }] });
const count = (symbolId: number, dayBack: number, bars: number) => ({ symbolId, day: dayBack, bars });

describe('the search for the days that a number of bars takes', () => {
  it('ends with the day on which the last symbol has enough', () => {
    const search = new DaySearch(
      10,
      new Map([
        [1, 0],
        [2, 0],
      ]),
    );
    expect(search.open(day(100))).toEqual([1, 2]);
    search.add([count(2, 1, 4), count(1, 0, 10), count(2, 0, 5), count(1, 1, 10)]);
    expect(search.days).toBe(2);
    expect(search.open(day(90))).toEqual([2]);
    search.add([count(2, 7, 1), count(2, 9, 5)]);
    expect(search.days).toBe(8);
    expect(search.open(day(80))).toEqual([]);
  });

  it('looks for no symbol before its first bar, and adds no day without one', () => {
    const search = new DaySearch(10, new Map([[1, 50]]));
    search.add([count(1, 2, 3)]);
    expect(search.open(day(51))).toEqual([1]);
    expect(search.open(day(50))).toEqual([]);
    expect(search.days).toBe(3);
  });

  it('ends at once without any data', () => {
    const search = new DaySearch(10, new Map());
    expect([search.open(day(1)), search.days]).toEqual([[], 0]);
  });
});
