/** The coverage of a dataset as a matrix: a minute of the calendar without a row counts as absent. Pure. */
import type { CoverageAnswer } from '@barkeep/api';
import type { Matrix, RowCounts } from './cells.js';

/** Rows of a dataset that no minute of a calendar takes, of all symbols, with the symbol that has most of them. */
export function strayRows(pages: readonly CoverageAnswer[]): {
  outside: number;
  extended: number;
  worst: string | null;
} {
  const symbols = pages.flatMap((page) => page.symbols);
  const sum = (kind: 'outside' | 'extended') => symbols.reduce((total, symbol) => total + symbol[kind], 0);
  const worst = symbols.toSorted((a, b) => b.outside - a.outside)[0];
  return {
    outside: sum('outside'),
    extended: sum('extended'),
    worst: worst && worst.outside > 0 ? worst.symbol : null,
  };
}

/** @param pages all pages of one coverage */
export function coverageMatrix(pages: readonly CoverageAnswer[]): Matrix {
  const days = pages[0]?.days ?? [];
  const rows = new Map<string, RowCounts>();
  for (const { symbol, rows: counts } of pages.flatMap((page) => page.symbols)) {
    const streamed = counts.map((count, day) => Math.min(count, days[day]!.expected));
    rows.set(symbol, { streamed, absent: streamed.map((count, day) => days[day]!.expected - count) });
  }
  return { days: days.map(({ date, expected }) => ({ date, expected, visible: expected })), rows };
}

/** The path of a dataset's route. */
export function datasetPath(name: string): string {
  return `/v1/datasets/${encodeURIComponent(name)}`;
}
