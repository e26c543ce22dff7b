/** The coverage of a dataset as a matrix, and the cells of a matrix that a person should look at first. Pure. */
import type { CoverageAnswer } from '@barkeep/api';
import { cellOf, type Matrix, type MatrixCell, type RowCounts } from './cells.js';

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

const LISTED_MAX = 8;

export interface WorstCell {
  symbol: string;
  date: string;
  cell: MatrixCell;
}

/** The cells with most holes, and those with most repaired bars, worst first. @param openDay as in {@link cellOf} */
export function worstCells(matrix: Matrix, symbols: readonly string[], openDay: number) {
  const cells = symbols.flatMap((symbol) => {
    const row = matrix.rows.get(symbol);
    // A row has no array for counts that are 0 on all days.
    const hasCounts = row?.absent || row?.unfillable || row?.backfilled;
    if (!hasCounts) return [];
    return matrix.days.map(({ date }, dayIndex) => ({ symbol, date, cell: cellOf(matrix, symbol, dayIndex, openDay) }));
  });
  return {
    missing: withHighest(cells, ({ cell }) => cell.holes),
    repaired: withHighest(cells, ({ cell }) => cell.backfilled),
  };
}

function withHighest(cells: readonly WorstCell[], count: (cell: WorstCell) => number): WorstCell[] {
  return cells
    .filter((cell) => count(cell) > 0)
    .sort((a, b) => count(b) - count(a))
    .slice(0, LISTED_MAX);
}
