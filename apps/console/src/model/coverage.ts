/** The coverage of a dataset as a matrix, and the cells of a matrix that a person should look at first. Pure. */
import type { CoverageAnswer } from '@barkeep/api';
import { cellOf, countOf, holesOfCell, type Matrix, type RowCounts } from './cells.js';

/**
 * How many rows of a dataset have no slot in the regular hours of a calendar.
 * @returns totals over all symbols; `worst`: the symbol with the most rows outside all hours, null when none has any
 */
export function strayRows(pages: readonly CoverageAnswer[]) {
  const symbols = pages.flatMap((page) => page.symbols);
  const sum = (kind: 'outside' | 'extended') => symbols.reduce((total, symbol) => total + symbol[kind], 0);
  const worst = symbols.toSorted((a, b) => b.outside - a.outside)[0];
  const worstName = worst && worst.outside > 0 ? worst.symbol : null;
  return { outside: sum('outside'), extended: sum('extended'), worst: worstName };
}

/** The coverage as a matrix in which each expected bar without a row counts as absent. @param pages all pages of one coverage */
export function coverageMatrix(pages: readonly CoverageAnswer[]): Matrix {
  const days = pages[0]?.days ?? [];
  const countsBySymbol = new Map<string, RowCounts>();
  for (const { symbol, rows } of pages.flatMap((page) => page.symbols)) {
    const streamed = rows.map((count, dayIndex) => Math.min(count, days[dayIndex]!.expected));
    const absent = streamed.map((count, dayIndex) => days[dayIndex]!.expected - count);
    countsBySymbol.set(symbol, { streamed, absent });
  }
  return { days: days.map(({ date, expected }) => ({ date, expected, visible: expected })), rows: countsBySymbol };
}

/** Maximum number of cells in each list of {@link worstCells}. */
const LISTED_MAX = 8;

export type WorstCell = ReturnType<typeof worstCells>['missing'][number];

/** The cells with most holes, and those with most repaired bars, worst first. @param openDay as in {@link cellOf} */
export function worstCells(matrix: Matrix, symbols: readonly string[], openDay: number) {
  const cellsWithMost = (countOfCell: (row: RowCounts, day: number) => number) =>
    placesWithMost(matrix, symbols, countOfCell).map(({ symbol, day }) => {
      return { symbol, date: matrix.days[day]!.date, cell: cellOf(matrix, symbol, day, openDay) };
    });
  return {
    missing: cellsWithMost(holesOfCell),
    repaired: cellsWithMost((row, day) => countOf(row, 'backfilled', day)),
  };
}

/** The places with the highest counts above 0, highest first; of equal ones the first. Sorts only a few: there may be millions of cells. */
function placesWithMost(
  matrix: Matrix,
  symbols: readonly string[],
  countOfCell: (row: RowCounts, day: number) => number,
): { symbol: string; day: number; count: number }[] {
  const found: { symbol: string; day: number; count: number }[] = [];
  for (const symbol of symbols) {
    const row = matrix.rows.get(symbol);
    if (!row?.absent && !row?.unfillable && !row?.backfilled) continue; // a row has no array for counts that are 0 on all days
    for (let day = 0; day < matrix.days.length; day++) {
      const count = countOfCell(row, day);
      if (count <= (found[LISTED_MAX - 1]?.count ?? 0)) continue;
      found.push({ symbol, day, count });
      found.sort((a, b) => b.count - a.count);
      if (found.length > LISTED_MAX) found.pop();
    }
  }
  return found;
}
