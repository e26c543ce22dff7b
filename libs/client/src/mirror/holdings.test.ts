import { parseSessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import { COLUMN_BYTES } from './columns.js';
import { KeepDaysError, keptDays } from './holdings.js';

/** A session of this many symbols, with 390 base slots a day and no derived interval. */
function layoutOf(symbols: number): SessionLayout {
  const names = Array.from({ length: symbols }, (_, i) => `S${i}`);
  const source = { type: 'dataset', dataset: 'd' };
  const dates = { start: '2013-10-07', end: '2013-10-11' };
  return new SessionLayout(
    's',
    'i',
    parseSessionSpec({ symbols: names, source, derivedIntervals: [], ...dates }),
    'p',
    0,
  );
}

test('by default a mirror keeps as many days as fit 512 MiB', () => {
  for (const symbols of [100, 2_000]) {
    const bytesPerDay = symbols * 390 * COLUMN_BYTES;
    expect(keptDays(layoutOf(symbols), undefined)).toBe(Math.floor((512 * 2 ** 20) / bytesPerDay));
  }
});

test('a mirror keeps the number of days that is given', () => {
  expect(keptDays(layoutOf(100), 3)).toBe(3);
});

test('refuses a number of days that is not a whole number of 1 or more', () => {
  for (const days of [0, -1, 1.5, NaN]) expect(() => keptDays(layoutOf(1), days)).toThrow(KeepDaysError);
});
