/** Rows that are not all one interval apart, because the market closes or has a break. A calendar knows when such bars open. */
import { collect } from '../../../../../test/support/data/collecting-sink.js';
import { CSV_HEADER, HOUR_MS } from '../../../../../test/support/data/import-texts.js';
import type { ReadOptions } from './read-options.js';

/** Reads a file with a row at each of these times on eleven days. */
function readDays(times: readonly string[], options: Partial<ReadOptions>) {
  const days = Array.from({ length: 11 }, (_, day) => `2024-03-${day + 10}`);
  const rows = days.flatMap((day) => times.map((time) => `${day} ${time},10,11,9,10,5\n`));
  return collect(CSV_HEADER + rows.join(''), { symbol: 'X', ...options });
}

/**
 * Shanghai trades from 09:30 to 11:30 and from 13:00 to 15:00: a break or a night follows each bar of two hours. Bars of four hours open
 * at the same times, and end with the hours of the market.
 */
describe.each([2, 4])('bars of %i hours in Shanghai', (hours) => {
  const OPENS = ['09:30', '13:00'];
  const OPTIONS = { zone: 'Asia/Shanghai', intervalMs: hours * HOUR_MS };

  it('are refused without a calendar, with a hint to give one', () => {
    const { refused } = readDays(OPENS, OPTIONS);
    expect(refused).toMatchObject([{ reason: 'wrong-interval' }]);
    expect(refused[0]?.detail).toContain('if the market has a break after each bar, give --calendar');
  });

  it('are read with a calendar', () => {
    expect(readDays(OPENS, { ...OPTIONS, hasCalendar: true }).bars).toHaveLength(11 * OPENS.length);
  });

  it('are not assumed when rows of another interval follow each other: these are bars of that interval', () => {
    const { refused } = readDays(['09:30', '12:30', '15:30'], { ...OPTIONS, hasCalendar: true });
    expect(refused[0]?.detail).toContain('was 3-hour bars; --interval 3h stores them');
  });
});

describe('hourly closes of New York that are read with a calendar', () => {
  // The last bar of a day is half an hour long.
  const CLOSES = ['10:30', '11:30', '12:30', '13:30', '14:30', '15:30', '16:00'];
  const HOURLY = { zone: 'America/New_York', intervalMs: HOUR_MS, hasCalendar: true };

  it('are refused without --times: as opens they would be stored an hour late', () => {
    const { bars, refused } = readDays(CLOSES, HOURLY);
    expect(bars).toEqual([]);
    expect(refused).toMatchObject([{ reason: 'wrong-interval' }]);
    expect(refused[0]?.detail).toContain('they look like closes');
  });

  it.each(['close', 'open'] as const)('are read with --times %s', (times) => {
    expect(readDays(CLOSES, { ...HOURLY, times }).bars).toHaveLength(11 * CLOSES.length);
  });
});

it('opens of bars of two hours in Hong Kong are not mistaken for closes, although the bar before the break is shorter', () => {
  const options = { zone: 'Asia/Hong_Kong', intervalMs: 2 * HOUR_MS, hasCalendar: true };
  const opens = ['09:30', '11:30', '13:00', '15:00']; // the break is from 12:00 to 13:00
  expect(readDays(opens, options).bars).toHaveLength(11 * opens.length);
});
