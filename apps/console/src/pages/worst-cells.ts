/** The days that lost most bars as links: what a person looks for first, also without seeing the picture. */
import { worstCells, type Matrix, type MatrixCell, type WorstCell } from '../model/index.js';
import { html } from '../shell/index.js';
import { useMemo } from 'preact/hooks';

export interface WorstCellsProperties {
  days: Matrix;
  symbols: readonly string[];
  /** Index of the first day that the clock has not closed. */
  openDay: number;
  onOpen: (symbol: string, date: string) => void;
}

/** Days whose bars are still missing, then days whose bars were repaired; null when there are none. */
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
                  <button type="button" class="link" onClick=${() => onOpen(symbol, date)}>${symbol} ${date}</button>
                  ${` ${countsText(cell)}`}
                </li>`,
            )}
          </ul>`;
  return html`${list('Days with missing minutes', missing)}${list('Days with most repaired bars', repaired)}`;
}

function countsText({ absent, unfillable, backfilled }: MatrixCell): string {
  const counts = [
    [absent, 'absent'],
    [unfillable, 'unfillable'],
    [backfilled, 'repaired'],
  ] as const;
  return counts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : [])).join(', ');
}
