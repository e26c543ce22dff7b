/** The list of the worst days below the coverage. */
import { namedCounts, worstCells, type Matrix, type MatrixCell, type WorstCell } from '../model/index.js';
import { button, html } from '../shell/index.js';
import { useMemo } from 'preact/hooks';

interface WorstCellsProperties {
  days: Matrix;
  symbols: readonly string[];
  /** Index of the first day that the clock has not closed. */
  openDay: number;
  onOpen: (symbol: string, date: string) => void;
}

/**
 * Links to the worst days, so that a user finds them at once, even without seeing the picture: first the days with most missing bars,
 * then the days with most repaired bars. Empty when there are none.
 */
export function WorstCells({ days, symbols, openDay, onOpen }: WorstCellsProperties) {
  const { missing, repaired } = useMemo(() => worstCells(days, symbols, openDay), [days, symbols, openDay]);
  const list = (title: string, cells: readonly WorstCell[]) =>
    cells.length === 0
      ? null
      : html`<h3>${title}</h3>
          <ul class="worst">
            ${cells.map(
              ({ symbol, date, cell }) =>
                html`<li key=${`${symbol} ${date}`}>
                  ${button(`${symbol} ${date}`, () => onOpen(symbol, date), { class: 'link' })} ${lossesOf(cell)}
                </li>`,
            )}
          </ul>`;
  return html`${list('Days with missing bars', missing)}${list('Days with most repaired bars', repaired)}`;
}

function lossesOf({ absent, unfillable, backfilled }: MatrixCell): string {
  return namedCounts([
    [absent, 'absent'],
    [unfillable, 'unfillable'],
    [backfilled, 'repaired'],
  ]);
}
