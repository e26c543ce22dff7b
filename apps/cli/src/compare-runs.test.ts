/** Compares two runs by the days and consumers of their certificates, and by the bars of their sessions. */
import type { CertifiedDay } from '@barkeep/client';
import { byPlace, compareDays, compareRuns, type PlacedDifference, type Run, sameConsumers } from './compare-runs.js';

const day = (date: string, digest: string): CertifiedDay => {
  const hours = { open: `${date}T13:30:00.000Z`, close: `${date}T20:00:00.000Z` };
  return { date, digest, ...hours } as CertifiedDay; // without the counts, which are not compared
};

describe('days', () => {
  const days = [day('2013-10-07', 'aa'), day('2013-10-08', 'bb')];
  test('with the same digests are equal', () => {
    expect(compareDays(days, structuredClone(days))).toEqual({ equalDays: 2 });
  });
  test('differ on the first day with another digest', () => {
    const compared = compareDays(days, [days[0]!, day('2013-10-08', 'cc')]);
    expect(compared).toMatchObject({ equalDays: 1, day: { date: '2013-10-08' } });
  });
  test('differ where only one run has a day of that date', () => {
    const compared = compareDays(days.slice(1), days);
    expect(compared).toEqual({ equalDays: 0, day: { date: '2013-10-07', a: undefined, b: days[0] } });
  });
});

describe('consumers', () => {
  const counts = { steps: 1, bars: 2, time: '2013-10-07T20:00:00.000Z' };
  const consumer = (name: string, deliveredHash: string) => ({ name, deliveredHash, ...counts });
  test('with the same name are compared by their delivered bars; others are left out', () => {
    const a = [consumer('one', 'aa'), consumer('only-a', 'aa'), consumer('two', 'aa')];
    const b = [consumer('one', 'aa'), consumer('only-b', 'aa'), consumer('two', 'bb')];
    expect(sameConsumers(a, b)).toEqual([
      { name: 'one', equal: true },
      { name: 'two', equal: false },
    ]);
  });
});

describe('bars', () => {
  test('are compared in all hours of either day: one run has a bar before the open of the other', async () => {
    const beforeOpen = '2013-10-07T08:00:00.000Z';
    /** A run of SPY over one day, with bars at these times. */
    const runOf = (certified: CertifiedDay, openTimes: string[]) => {
      const certificate = { days: [certified], intervals: ['1m'] };
      const bars = (_symbol: string, { from }: { from: string }) =>
        Promise.resolve(openTimes.filter((time) => time >= from).map((openTime) => ({ openTime })));
      return { certificate, session: { symbols: ['SPY'], bars } } as unknown as Run;
    };
    const regular = runOf(day('2013-10-07', 'aa'), []);
    const extended = runOf({ ...day('2013-10-07', 'bb'), open: beforeOpen }, [beforeOpen]);
    const noProgress = () => undefined;
    const { bar } = await compareRuns(regular, extended, noProgress);
    expect(bar).toMatchObject({ symbol: 'SPY', interval: '1m', openTime: beforeOpen, a: null });
  });

  test('are ordered by time, then interval, then symbol', () => {
    // Open times are compared as texts, so 1 and 2 stand for two times.
    const at = (openTime: string, interval: string, symbol: string): PlacedDifference => {
      return { openTime, interval, symbol, a: null, b: null };
    };
    const inOrder = [
      at('1', '1m', 'B'),
      at('1', '15m', 'A'),
      at('1', '1h', 'A'),
      at('2', '1m', 'A'),
      at('2', '1m', 'B'),
    ];
    for (const [index, earlier] of inOrder.entries()) {
      for (const later of inOrder.slice(index + 1)) {
        expect(byPlace(earlier, later)).toBeLessThan(0);
        expect(byPlace(later, earlier)).toBeGreaterThan(0);
      }
    }
  });
});
