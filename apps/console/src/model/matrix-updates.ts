/** Puts newer counts into a matrix, takes removed days out of it, and counts the empty slots of a session without upkeep. Pure. */
import { COUNTS, countOf, type CountName, type Matrix, type MatrixDay, type RowCounts } from './cells.js';

/** The matrix with the days and rows of a newer answer, which has all days, or a range of days that the matrix has: others change nothing. */
export function mergeMatrix<Day extends MatrixDay>(
  matrix: Matrix<Day> | null,
  days: readonly Day[],
  rows: ReadonlyMap<string, RowCounts>,
): Matrix<Day> {
  const replacesAllDays = matrix === null || matrix.days.length === days.length;
  if (replacesAllDays) return { days, rows: new Map([...(matrix?.rows ?? []), ...rows]) };
  const firstDay = matrix.days.findIndex(({ date }) => date === days[0]?.date);
  if (firstDay < 0) return matrix;
  const merged = new Map(matrix.rows);
  for (const [symbol, row] of rows) {
    merged.set(symbol, replaceDays(merged.get(symbol) ?? {}, row, firstDay, days.length, matrix.days.length));
  }
  return { days: matrix.days.toSpliced(firstDay, days.length, ...days), rows: merged };
}

/** The matrix without the days before `date`, which the store has removed. */
export function withoutDaysBefore<Some extends Matrix>(matrix: Some, date: string): Some {
  const removed = matrix.days.filter((day) => day.date < date).length;
  if (removed === 0) return matrix;
  const kept = (row: RowCounts) =>
    Object.fromEntries(Object.entries(row).map(([name, values]) => [name, values.slice(removed)])) as RowCounts;
  const rows = new Map([...matrix.rows].map(([symbol, row]) => [symbol, kept(row)]));
  return { ...matrix, days: matrix.days.slice(removed), rows };
}

/**
 * The matrix of a session whose upkeep is switched off. No bar is requested, so each empty slot of a closed day counts as absent, and not as
 * in progress. The counts of a day may have been read before the clock closed it: then slots are not visible, and none counts as absent.
 * @param openDay as in {@link cellOf}
 */
export function withEmptyAsAbsent<Some extends Matrix>(matrix: Some, openDay: number): Some {
  const rows = new Map<string, RowCounts>();
  for (const [symbol, row] of matrix.rows) {
    const { streamed = [], backfilled = [], noTrade = [], unfillable = [] } = row;
    const known = (day: number) =>
      (streamed[day] ?? 0) + (backfilled[day] ?? 0) + (noTrade[day] ?? 0) + (unfillable[day] ?? 0);
    const absent = matrix.days.map(({ expected, visible }, day) => {
      const isClosed = day < openDay && visible === expected;
      return isClosed ? expected - known(day) : 0;
    });
    rows.set(symbol, absent.some((count) => count > 0) ? { ...row, absent } : row);
  }
  return { ...matrix, rows };
}

/** A row in which days `[firstDay, firstDay + dayCount)` have the newer counts. @param length number of all days */
function replaceDays(old: RowCounts, newer: RowCounts, firstDay: number, dayCount: number, length: number): RowCounts {
  const row: { [Name in CountName]?: readonly number[] } = {};
  for (const name of COUNTS) {
    if (old[name] === undefined && newer[name] === undefined) continue;
    const values = [...(old[name] ?? Array.from({ length }, () => 0))];
    for (let day = 0; day < dayCount; day++) values[firstDay + day] = countOf(newer, name, day);
    row[name] = values;
  }
  return row;
}
