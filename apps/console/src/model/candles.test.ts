import type { AnsweredBar, GapAnswer } from '@barkeep/api';
import {
  candlesAround,
  candlesOf,
  gapsOutsideBreaks,
  gapsWithin,
  holesOf,
  intervalMs,
  priceDecimals,
  spansBreak,
} from './candles.js';

const MINUTE_MS = 60_000;

/** A time of the first day, such as `14:30`, as ISO 8601. */
const at = (time: string): string => `2024-03-04T${time}:00.000Z`;

/** A streamed bar. Its close time does not matter here. */
function bar(openTime: string): AnsweredBar {
  const values = { open: 1, high: 2, low: 0.5, close: 1.5, volume: 10 };
  const counts = { complete: true, sourceCount: 1, expectedCount: 1 };
  return { openTime, closeTime: openTime, ...values, ...counts, origin: 'streamed' };
}

function gap(start: string, end: string, bars: number): GapAnswer {
  return { start, end, bars, status: 'absent', attempts: 1, lastError: null };
}

describe('candlesOf and candlesAround', () => {
  it('each slot of a gap is a candle without prices, between the bars', () => {
    const bars = [bar(at('14:30')), bar(at('14:33'))];
    const candles = candlesOf(bars, [gap(at('14:31'), at('14:33'), 2)], MINUTE_MS);
    expect(candles.map((candle) => 'open' in candle)).toEqual([true, false, false, true]);
    expect(candles[1]).toEqual({ time: Date.parse(at('14:31')) / 1000 });
  });

  it('a slot that has a bar and is in a gap, because it was filled meanwhile, shows the bar', () => {
    const candles = candlesOf([bar(at('14:31'))], [gap(at('14:31'), at('14:32'), 1)], MINUTE_MS);
    expect(candles.map((candle) => 'open' in candle)).toEqual([true]);
  });

  it.each([
    { start: '14:45', end: '15:00', firstInside: 1, firstAfter: 2 },
    { start: '14:50', end: '14:55', firstInside: 1, firstAfter: 2 },
    { start: '14:55', end: '15:05', firstInside: 1, firstAfter: 3 },
    { start: '15:20', end: '15:30', firstInside: 3, firstAfter: 4 },
    { start: '15:30', end: '15:45', firstInside: 4, firstAfter: 4 }, // after the last candle: none overlaps
  ])(
    'around $start to $end the view has the candles that overlap it, and 25 more on each side',
    ({ start, end, firstInside, firstAfter }) => {
      const stepMs = 15 * MINUTE_MS;
      const bars = ['14:30', '14:45', '15:00', '15:15'].map((time) => bar(at(time)));
      const range = { start: at(start), end: at(end) };
      // The 25 are counted even where there is no candle, so `from` is negative here.
      const shown = { from: firstInside - 25, to: firstAfter + 25 };
      expect(candlesAround(candlesOf(bars, [], stepMs), stepMs, range)).toEqual(shown);
    },
  );
});

it.each([
  { prices: [101.5, 99.25], decimals: 2 },
  { prices: [100, 101], decimals: 2 },
  { prices: [1.08432, 1.0843], decimals: 5 },
  { prices: [0.0000123, 0.00001231], decimals: 8 },
  { prices: [1.23e-7], decimals: 9 },
  { prices: [101.23456789012], decimals: 5 }, // an adjusted price: 8 digits are enough
  { prices: [-37.63, 0.005], decimals: 3 },
  { prices: [0], decimals: 2 },
  { prices: [], decimals: 2 },
])('the prices $prices are shown with $decimals decimals', ({ prices, decimals }) => {
  const bars = prices.map((price, minute) => {
    const flat = { open: price, high: price, low: price, close: price };
    return { ...bar(at(`14:${30 + minute}`)), ...flat };
  });
  expect(priceDecimals(candlesOf(bars, [], MINUTE_MS))).toBe(decimals);
});

it('a gap is hatched up to its last slot, also when that slot is shorter than the others', () => {
  const seconds = (time: string) => Date.parse(at(time)) / 1000;
  expect(holesOf([gap(at('14:30'), at('14:33'), 3)], MINUTE_MS)).toEqual([
    { first: seconds('14:30'), last: seconds('14:32') },
  ]);
  // Six hours and a half: the seventh slot has 30 minutes.
  expect(holesOf([gap(at('14:30'), at('21:00'), 7)], 60 * MINUTE_MS)).toEqual([
    { first: seconds('14:30'), last: seconds('20:30') },
  ]);
});

it('a gap that spans a break of the trading day is drawn in two parts', () => {
  const segments = [
    { open: at('01:30'), close: at('04:00') },
    { open: at('05:00'), close: at('08:00') },
  ];
  const overLunch = gap(at('03:58'), at('05:03'), 5);
  const before = gap(at('01:30'), at('01:32'), 2);
  expect([before, overLunch].map((one) => spansBreak(one, MINUTE_MS))).toEqual([false, true]);
  expect(spansBreak(gap(at('14:30'), at('21:00'), 7), 60 * MINUTE_MS)).toBe(false); // the last slot is shorter
  const parts = gapsOutsideBreaks([before, overLunch], segments);
  expect(parts.map(({ start, end }) => [start, end])).toEqual([
    [at('01:30'), at('01:32')],
    [at('03:58'), at('04:00')],
    [at('05:00'), at('05:03')],
  ]);
});

it('gapsWithin returns the gaps that overlap a day', () => {
  const gaps = [gap(at('20:59'), at('21:00'), 1), gap('2024-03-05T14:30:00.000Z', '2024-03-05T14:31:00.000Z', 1)];
  expect(gapsWithin(gaps, '2024-03-05T14:30:00.000Z', '2024-03-05T21:00:00.000Z')).toEqual([gaps[1]]);
});

it.each([
  ['1m', MINUTE_MS],
  ['30m', 1_800_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
])('intervalMs(%s) is its length', (interval, ms) => {
  expect(intervalMs(interval)).toBe(ms);
});
