/** The number of bars that a session would make of the rows of some days. I7: each bar is valid (docs/ARCHITECTURE.md). */
import { calendarNamed, parseInterval } from '@barkeep/bars';
import { BucketCounter } from './bucket-counter.js';

/** 9, 8 and 7 October 2013, newest first. Their slots are from 13:30 to 20:00 UTC. */
const days = calendarNamed('XNYS').tradingDays('2013-10-07', '2013-10-09', 'regular').reverse();
/** Counts the bars of {@link days}. A history counts its days back from its newest one: these are days 5 (9 October), 6 and 7. */
const counterOf = (interval: string) =>
  new BucketCounter(days, 5, parseInterval('1m'), parseInterval(interval), 'positive');
type Values = readonly [open: number, high: number, low: number, close: number, volume: number];
const VALID: Values = [10, 12, 9, 11, 100];

function add(counter: BucketCounter, symbolId: number, time: string, values: Values = VALID): void {
  counter.add(symbolId, Date.parse(time), ...values);
}

describe('the counter of bars', () => {
  it('counts each bucket once, for each symbol and day, from any number of datasets', () => {
    const counter = counterOf('5m');
    // The first three times are in one bucket, the last one in the next.
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

  it.each([
    ['1m', 3],
    ['1d', 1],
  ])('counts the rows of a day as bars of %s: %i', (interval, bars) => {
    const counter = counterOf(interval);
    for (const time of ['2013-10-08T13:30Z', '2013-10-08T13:31Z', '2013-10-08T19:00Z']) add(counter, 1, time);
    expect(counter.counts()).toEqual([{ symbolId: 1, day: 6, bars }]);
  });

  it('I7 counts no bar that a session refuses, nor one outside the slots', () => {
    const counter = counterOf('1m');
    add(counter, 1, '2013-10-08T13:30Z', [10, 9, 12, 11, 100]); // high below low
    add(counter, 1, '2013-10-08T13:31Z', [NaN, 12, 9, 11, 100]);
    add(counter, 1, '2013-10-08T13:29Z'); // before the open
    add(counter, 1, '2013-10-08T20:00Z'); // at the close
    add(counter, 1, '2013-10-08T13:30:30Z'); // between two slots
    add(counter, 1, '2013-10-04T13:30Z'); // before the first day
    add(counter, 1, '2013-10-10T13:30Z'); // after the last day
    expect(counter.counts()).toEqual([]);
  });
});
