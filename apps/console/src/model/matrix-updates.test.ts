import type { Matrix, RowCounts } from './cells.js';
import { mergeMatrix, withEmptyAsAbsent, withoutDaysBefore } from './matrix-updates.js';

const DAYS = ['2024-03-04', '2024-03-05', '2024-03-06'].map((date) => ({ date, expected: 390, visible: 390 }));
const matrix = (rows: Record<string, RowCounts>): Matrix => ({ days: DAYS, rows: new Map(Object.entries(rows)) });

describe('a newer answer', () => {
  it('replaces only the days that it has', () => {
    const old = matrix({ A: { streamed: [390, 380, 0], absent: [0, 10, 0] } });
    const newer = mergeMatrix(old, [DAYS[1]!], new Map([['A', { streamed: [380], backfilled: [10] }]]));
    expect(newer.rows.get('A')).toEqual({ streamed: [390, 380, 0], backfilled: [0, 10, 0], absent: [0, 0, 0] });
  });

  it('adds its rows when it has all days', () => {
    const both = mergeMatrix(matrix({ A: { streamed: [1, 1, 1] } }), DAYS, new Map([['B', {}]]));
    expect([...both.rows.keys()]).toEqual(['A', 'B']);
  });
});

it('days that the store has removed leave the matrix with their counts', () => {
  const full = matrix({ A: { streamed: [390, 389, 388], absent: [0, 1, 2] }, B: {} });
  const { days, rows } = withoutDaysBefore(full, '2024-03-05');
  expect(days).toEqual(DAYS.slice(1));
  expect(Object.fromEntries(rows)).toEqual({ A: { streamed: [389, 388], absent: [1, 2] }, B: {} });
  expect(withoutDaysBefore(full, '2024-03-04')).toBe(full);
});

it('without upkeep every empty slot of a closed day is absent', () => {
  const [closed, half, open] = [390, 200, 100];
  const row = { streamed: [closed, half, open], backfilled: [0, 90, 0], noTrade: [0, 60, 0], unfillable: [0, 30, 0] };
  const openDay = 2;
  const whole = { streamed: [390, 390, 0] };
  const full = matrix({ A: row, EMPTY: {}, WHOLE: whole });
  const { rows } = withEmptyAsAbsent(full, openDay);
  expect(rows.get('A')).toEqual({ ...row, absent: [0, 390 - 200 - 90 - 60 - 30, 0] });
  expect(rows.get('EMPTY')).toEqual({ absent: [390, 390, 0] });
  expect(rows.get('WHOLE')).toEqual(whole); // without `absent`: a row has no array for counts that are 0 on all days

  const days = DAYS.map((day, index) => (index === 1 ? { ...day, visible: 200 } : day));
  const readBeforeClose = withEmptyAsAbsent({ ...full, days }, openDay);
  expect(readBeforeClose.rows.get('EMPTY')).toEqual({ absent: [390, 0, 0] });
});
