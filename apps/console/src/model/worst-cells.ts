/** The cells of a matrix that a person should look at first. Pure. */
import { cellOf, type Matrix, type MatrixCell } from './cells.js';

const LISTED_MAX = 8;

export interface WorstCell {
  symbol: string;
  date: string;
  cell: MatrixCell;
}

/**
 * Cells with holes and cells with repaired bars, each the worst first; a cell with both is in both lists.
 * @param openDay index of the first day that the clock has not closed
 */
export function worstCells(
  matrix: Matrix,
  symbols: readonly string[],
  openDay: number,
): { missing: WorstCell[]; repaired: WorstCell[] } {
  const cells = symbols.flatMap((symbol) => {
    const row = matrix.rows.get(symbol);
    if (!row?.absent && !row?.unfillable && !row?.backfilled) return [];
    return matrix.days.map(({ date }, day) => ({ symbol, date, cell: cellOf(matrix, symbol, day, openDay) }));
  });
  return { missing: most(cells, ({ cell }) => cell.holes), repaired: most(cells, ({ cell }) => cell.backfilled) };
}

/** The cells with the highest counts, without those that count nothing. */
function most(cells: readonly WorstCell[], count: (cell: WorstCell) => number): WorstCell[] {
  return cells
    .filter((cell) => count(cell) > 0)
    .sort((a, b) => count(b) - count(a))
    .slice(0, LISTED_MAX);
}
