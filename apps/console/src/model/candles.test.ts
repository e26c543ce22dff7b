import type { AnsweredBar, GapAnswer } from '@barkeep/api';
import { candlesAround, candlesOf, gapsWithin, intervalMs } from './candles.js';

/** A streamed bar. Its close time does not matter here. */
function bar(openTime: string): AnsweredBar {
  const prices = { open: 1, high: 2, low: 0.5, close: 1.5, volume: 10 };
  return {
    openTime,
    closeTime: openTime,
    ...prices,
    origin: 'streamed',
    complete: true,
    sourceCount: 1,
    expectedCount: 1,
  };
}

function gap(start: string, end: string, bars: number): GapAnswer {
  return { start, end, bars, status: 'absent', attempts: 1, lastError: null };
}

describe('candles', () => {
  it('have an empty place for each slot of a gap, in order', () => {
    const bars = [bar('2024-03-04T14:30:00.000Z'), bar('2024-03-04T14:33:00.000Z')];
    const candles = candlesOf(bars, [gap('2024-03-04T14:31:00.000Z', '2024-03-04T14:33:00.000Z', 2)], 60_000);
    expect(candles.map((candle) => 'open' in candle)).toEqual([true, false, false, true]);
    expect(candles[1]).toEqual({ time: Date.parse('2024-03-04T14:31:00.000Z') / 1000 });
  });

  it('show the bar where a gap was filled meanwhile', () => {
    const filled = candlesOf(
      [bar('2024-03-04T14:31:00.000Z')],
      [gap('2024-03-04T14:31:00.000Z', '2024-03-04T14:32:00.000Z', 1)],
      60_000,
    );
    expect(filled).toHaveLength(1);
    expect('open' in filled[0]!).toBe(true);
  });

  // Start and end of the range; index of the first overlapping candle, and of the first one after the range. The four candles of
  // 15 minutes begin at 14:30. The 25 on each side are counted even where there is none, so `from` is negative here.
  it.each([
    ['14:45', '15:00', 1, 2],
    ['14:50', '14:55', 1, 2],
    ['14:55', '15:05', 1, 3],
    ['15:20', '15:30', 3, 4],
    ['15:30', '15:45', 4, 4], // after the last candle: none overlaps
  ])('around %s to %s: the overlapping candles and 25 more on each side', (start, end, first, after) => {
    const at = (time: string) => `2024-03-04T${time}:00.000Z`;
    const stepMs = 15 * 60_000;
    const bars = ['14:30', '14:45', '15:00', '15:15'].map((time) => bar(at(time)));
    const range = { start: at(start), end: at(end) };
    expect(candlesAround(candlesOf(bars, [], stepMs), stepMs, range)).toEqual({ from: first - 25, to: after + 25 });
  });
});

it('selects the gaps that overlap a day', () => {
  const gaps = [
    gap('2024-03-04T20:59:00.000Z', '2024-03-04T21:00:00.000Z', 1),
    gap('2024-03-05T14:30:00.000Z', '2024-03-05T14:31:00.000Z', 1),
  ];
  expect(gapsWithin(gaps, '2024-03-05T14:30:00.000Z', '2024-03-05T21:00:00.000Z')).toEqual([gaps[1]]);
});

it.each([
  ['1m', 60_000],
  ['30m', 1_800_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
])('knows the length of %s', (interval, ms) => {
  expect(intervalMs(interval)).toBe(ms);
});
