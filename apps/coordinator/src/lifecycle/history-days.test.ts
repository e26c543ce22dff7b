import { calendarNamed, parseInterval } from '@barkeep/bars';
import { DaySearch, WindowCounter } from './history-days.js';

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
    expect(search.incomplete(day(100))).toEqual([1, 2]);
    search.add([count(2, 1, 4), count(1, 0, 10), count(2, 0, 5), count(1, 1, 10)]);
    expect(search.days).toBe(2);
    expect(search.incomplete(day(90))).toEqual([2]);
    search.add([count(2, 7, 1), count(2, 9, 5)]);
    expect(search.days).toBe(8);
    expect(search.incomplete(day(80))).toEqual([]);
  });

  it('looks for no symbol before its first bar, and adds no day without one', () => {
    const search = new DaySearch(10, new Map([[1, 50]]));
    search.add([count(1, 2, 3)]);
    expect(search.incomplete(day(51))).toEqual([1]);
    expect(search.incomplete(day(50))).toEqual([]);
    expect(search.days).toBe(3);
  });

  it('ends at once without any data', () => {
    const search = new DaySearch(10, new Map());
    expect([search.incomplete(day(1)), search.days]).toEqual([[], 0]);
  });
});

const days = calendarNamed('XNYS').tradingDays('2013-10-07', '2013-10-09', 'regular').reverse();
const counterOf = (interval: string) =>
  new WindowCounter(days, 5, parseInterval('1m'), parseInterval(interval), 'positive');
const good = [10, 12, 9, 11, 100] as const;

function add(counter: WindowCounter, symbolId: number, time: string, values: readonly number[] = good): void {
  const [open, high, low, close, volume] = values as [number, number, number, number, number];
  counter.add(symbolId, Date.parse(time), open, high, low, close, volume);
}

describe('the counter of bars', () => {
  it('counts each bucket once, for each symbol and day, from any number of datasets', () => {
    const counter = counterOf('5m');
    for (const time of ['2013-10-08T13:30Z', '2013-10-08T13:34Z', '2013-10-08T13:34Z', '2013-10-08T13:35Z'])
      add(counter, 1, time);
    add(counter, 2, '2013-10-09T19:59Z');
    add(counter, 1, '2013-10-07T13:30Z');
    expect(counter.counts()).toEqual([
      { symbolId: 2, day: 5, bars: 1 },
      { symbolId: 1, day: 6, bars: 2 },
      { symbolId: 1, day: 7, bars: 1 },
    ]);
  });

  it('counts bars of the base interval, and trading days', () => {
    const [bars, daily] = [counterOf('1m'), counterOf('1d')];
    for (const counter of [bars, daily])
      for (const time of ['2013-10-08T13:30Z', '2013-10-08T13:31Z', '2013-10-08T19:00Z']) add(counter, 1, time);
    expect(bars.counts()).toEqual([{ symbolId: 1, day: 6, bars: 3 }]);
    expect(daily.counts()).toEqual([{ symbolId: 1, day: 6, bars: 1 }]);
  });

  it('I7 counts no bar that a session refuses, nor one outside the slots', () => {
    const counter = counterOf('1m');
    add(counter, 1, '2013-10-08T13:30Z', [10, 9, 12, 11, 100]);
    add(counter, 1, '2013-10-08T13:31Z', [NaN, 12, 9, 11, 100]);
    add(counter, 1, '2013-10-08T13:29Z');
    add(counter, 1, '2013-10-08T20:00Z');
    add(counter, 1, '2013-10-08T13:30:30Z');
    add(counter, 1, '2013-10-04T13:30Z');
    add(counter, 1, '2013-10-10T13:30Z');
    expect(counter.counts()).toEqual([]);
  });
});
