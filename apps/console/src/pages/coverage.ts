/** The coverage of a session: the picture, its legend, filter, order, and the selection for upkeep. */
import type { SessionAnswer } from '@barkeep/api';
import type { SessionDays } from '../data/index.js';
import { Heatmap, type Marked } from '../heatmap/index.js';
import { CELL_STATES, countText, orderedSymbols, STATE_WORDS, type CellState, type RowOrder } from '../model/index.js';
import { Choice, EmptyPanel, html, useQuery } from '../shell/index.js';
import { useMemo, useState } from 'preact/hooks';
import { WorstCells } from './worst-cells.js';

/** What upkeep should look at: everything, or some symbols and days. */
export interface Selection {
  symbols?: string[];
  from?: string;
  to?: string;
}

/** Why a session has no days to show. */
const WITHOUT_DAYS: Partial<Record<SessionAnswer['state'], string>> = {
  created: 'The days show when the session has started.',
  lost: 'The days are gone with the data of the session.',
};

export interface CoverageProperties {
  sessionState: SessionAnswer['state'];
  days: SessionDays | undefined;
  openDay: number;
  symbol: string;
  date: string;
  onOpen: (symbol: string, date: string) => void;
  onAsk: (selection: Selection) => void;
}

export function CoveragePanel({ sessionState, days, openDay, symbol, date, onOpen, onAsk }: CoverageProperties) {
  const [order, setOrder] = useQuery('order');
  const [filter, setFilter] = useQuery('state');
  const [moved, setMoved] = useState<Marked>();
  const state = CELL_STATES.find((name) => name === filter);
  const rowOrder: RowOrder = order === 'name' ? 'name' : 'worst';
  const symbols = useMemo(
    () => (days ? orderedSymbols(days, rowOrder, state, openDay) : []),
    [days, rowOrder, state, openDay],
  );
  if (!days) return html`<${EmptyPanel} title="Coverage" text=${WITHOUT_DAYS[sessionState] ?? 'Reading the days …'} />`;
  const marked = moved ?? cellOf(symbols, days, symbol, date);
  const selection = marked && selectionOf(symbols, days, marked);
  return html`<section class="panel coverage">
    <div class="panel-head">
      <h2>${headingOf(symbols.length, days.days.length)}</h2>
      ${
        selection &&
        html`<button type="button" onClick=${() => onAsk(selection)}>
          ${`Ask again for ${nameOf(selection, marked)}…`}
        </button>`
      }
      <span class="inline">
        <label
          >order
          <${Choice}
            value=${rowOrder}
            options=${['worst', 'name']}
            onChange=${(value: string) => setOrder(value === 'worst' ? '' : value)}
        /></label>
        <label
          >show<${Choice}
            value=${filter}
            options=${['', ...CELL_STATES]}
            nameOf=${(name: CellState) => STATE_WORDS[name].name}
            onChange=${setFilter}
        /></label>
      </span>
    </div>
    ${
      symbols.length === 0
        ? html`<p class="empty">No symbol has such a day.</p>`
        : html`<${Heatmap}
            label="Coverage by symbol and trading day"
            matrix=${days}
            symbols=${symbols}
            openDay=${openDay}
            filter=${state}
            marked=${marked}
            onMark=${setMoved}
            onOpen=${(opening: string, day: number) => onOpen(opening, days.days[day]!.date)}
          />`
    }
    <${Legend} />
    <${WorstCells} days=${days} symbols=${symbols} openDay=${openDay} onOpen=${onOpen} />
  </section>`;
}

function headingOf(symbols: number, days: number): string {
  return `Coverage, ${countText(symbols, 'symbol')} × ${countText(days, 'trading day')}`;
}

/** What the colours and signs mean. */
export function Legend({ states = CELL_STATES }: { states?: readonly CellState[] }) {
  return html`<ul class="legend">
    ${states.map(
      (state) =>
        html`<li key=${state} title=${STATE_WORDS[state].help}>
          <span class=${`swatch cell-${state}`} aria-hidden="true">${STATE_WORDS[state].letter}</span
          >${STATE_WORDS[state].name}
        </li>`,
    )}
  </ul>`;
}

function cellOf(symbols: readonly string[], days: SessionDays, symbol: string, date: string): Marked | undefined {
  const cursor = { row: symbols.indexOf(symbol), day: days.days.findIndex((day) => day.date === date) };
  return cursor.row < 0 || cursor.day < 0 ? undefined : { cursor };
}

function selectionOf(symbols: readonly string[], days: SessionDays, { cursor: a, anchor: b = a }: Marked): Selection {
  const [row, lastRow] = [Math.min(a.row, b.row), Math.max(a.row, b.row)];
  const [day, lastDay] = [Math.min(a.day, b.day), Math.max(a.day, b.day)];
  return { symbols: symbols.slice(row, lastRow + 1), from: days.days[day]!.date, to: days.days[lastDay]!.date };
}

/** One cell by its name, more of them by their number. */
function nameOf({ symbols = [], from }: Selection, { cursor, anchor }: Marked): string {
  if (!anchor) return `${symbols[0]} ${from}`;
  return `${symbols.length} × ${countText(Math.abs(cursor.day - anchor.day) + 1, 'day')}`;
}
