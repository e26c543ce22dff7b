import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { COLUMN_BYTES } from './columns.js';
import { KeepDaysError, keptDays } from './holdings.js';

const SLOTS = 390;

/** The layout of a session of this many symbols, without derived intervals. */
function layoutWith(symbolCount: number) {
  const symbols = Array.from({ length: symbolCount }, (_, i) => `S${i}`);
  return layoutOf({ start: '2013-10-07', end: '2013-10-11', symbols, derivedIntervals: [] });
}

test('by default a mirror keeps as many days as fit 512 MiB', () => {
  for (const symbolCount of [100, 2_000]) {
    const bytesPerDay = symbolCount * SLOTS * COLUMN_BYTES;
    expect(keptDays(layoutWith(symbolCount), undefined)).toBe(Math.floor((512 * 2 ** 20) / bytesPerDay));
  }
});

test('a mirror keeps the number of days that is given', () => {
  expect(keptDays(layoutWith(100), 3)).toBe(3);
});

test('a mirror refuses a number of days that is not a whole number of 1 or more', () => {
  for (const days of [0, -1, 1.5, NaN]) expect(() => keptDays(layoutWith(1), days)).toThrow(KeepDaysError);
});
