/** The coverage of a session: the heatmap with its filter and order, the selection for upkeep, and the worst days. */
import type { SessionAnswer } from '@barkeep/api';
import type { SessionDays } from '../data/index.js';
import { Heatmap, Legend, markAfter, type Marked, markedSymbols } from '../heatmap/index.js';
import { CELL_STATES, countText, orderedSymbols, STATE_WORDS, type CellState, type RowOrder } from '../model/index.js';
import { button, Choice, EmptyPanel, html, useQuery } from '../shell/index.js';
import { useMemo, useState } from 'preact/hooks';
import { WorstCells } from './worst-cells.js';

/** What the user wants upkeep to request: all of the session, or only these symbols and days (`to` included). */
export interface Selection {
  symbols?: string[];
  from?: string;
  to?: string;
}

interface CoverageProperties {
  sessionState: SessionAnswer['state'];
  /** Undefined before they are read; null for a session without days. */
  days: SessionDays | null | undefined;
  /** Index of the first day that the clock has not closed. */
  openDay: number;
  /** Symbol and date of the cell that the page's address names; empty when it names none. */
  symbol: string;
  date: string;
  onOpen: (symbol: string, date: string) => void;
  /** Called when the user wants upkeep to request the selected cells again. */
  onAsk: (selection: Selection) => void;
}

export function CoveragePanel({ sessionState, days, openDay, symbol, date, onOpen, onAsk }: CoverageProperties) {
  const [order, setOrder] = useQuery('order');
  const [filter, setFilter] = useQuery('state');
  /** What the user marked on this page, with the rows and the first day at that moment. It replaces the cell that the address names. */
  const [userMark, setUserMark] = useState<{
    marked: Marked;
    rows: readonly string[];
    firstDate: string | undefined;
  }>();
  const state = CELL_STATES.find((name) => name === filter);
  const rowOrder: RowOrder = order === 'name' ? 'name' : 'worst';
  const symbols = useMemo(
    () => (days ? orderedSymbols(days, rowOrder, state, openDay) : []),
    [days, rowOrder, state, openDay],
  );
  if (!days) return html`<${EmptyPanel} title="Coverage" text=${noDaysText(days, sessionState)} />`;
  const firstDate = days.days[0]?.date; // changes when the store removes days
  const marked =
    userMark && userMark.firstDate === firstDate
      ? markAfter(userMark.rows, symbols, userMark.marked)
      : markOf(symbols, days, symbol, date);
  const selection = marked && selectionOf(symbols, days, marked);
  const openListed = (listedSymbol: string, listedDate: string) => {
    setUserMark(undefined); // marks the cell that opens
    onOpen(listedSymbol, listedDate);
  };
  return html`<section class="panel coverage">
    <div class="panel-head">
      <h2>Coverage, ${countText(symbols.length, 'symbol')} × ${countText(days.days.length, 'trading day')}</h2>
      ${selection && button(`Ask again for ${selectionName(selection, marked)}…`, () => onAsk(selection))}
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
            value=${state ?? ''}
            options=${['', ...CELL_STATES]}
            nameOf=${(name: CellState) => STATE_WORDS[name].name}
            onChange=${setFilter}
        /></label>
      </span>
    </div>
    ${
      symbols.length === 0
        ? html`<p class="empty">No symbol has a day in this state.</p>`
        : html`<${Heatmap}
            label="Coverage by symbol and trading day"
            matrix=${days}
            symbols=${symbols}
            openDay=${openDay}
            filter=${state}
            marked=${marked}
            onMark=${(mark: Marked) => setUserMark({ marked: mark, rows: symbols, firstDate })}
            onOpen=${(opened: string, day: number) => onOpen(opened, days.days[day]!.date)}
          />`
    }
    <${Legend} />
    <${WorstCells} days=${days} symbols=${symbols} openDay=${openDay} onOpen=${openListed} />
  </section>`;
}

function noDaysText(days: null | undefined, state: SessionAnswer['state']): string {
  if (state === 'lost') return 'The days are gone with the data of the session.';
  return days === null ? 'The days show when the session has started.' : 'Reading the days …';
}

/** Marks the cell that the page's address names; undefined when it is not shown. */
function markOf(symbols: readonly string[], days: SessionDays, symbol: string, date: string): Marked | undefined {
  const cursor = { row: symbols.indexOf(symbol), day: days.days.findIndex((day) => day.date === date) };
  return cursor.row < 0 || cursor.day < 0 ? undefined : { cursor };
}

/** The symbols and days of the marked rectangle, whose corners are cursor and anchor. */
function selectionOf(symbols: readonly string[], { days }: SessionDays, marked: Marked): Selection {
  const { cursor, anchor = cursor } = marked;
  const [firstDay, lastDay] = [Math.min(cursor.day, anchor.day), Math.max(cursor.day, anchor.day)];
  return { symbols: [...markedSymbols(symbols, marked)], from: days[firstDay]!.date, to: days[lastDay]!.date };
}

/** A name for one cell, or the size of a larger selection. */
function selectionName({ symbols = [], from }: Selection, { cursor, anchor }: Marked): string {
  if (!anchor) return `${symbols[0]} ${from}`;
  return `${symbols.length} × ${countText(Math.abs(cursor.day - anchor.day) + 1, 'day')}`;
}
