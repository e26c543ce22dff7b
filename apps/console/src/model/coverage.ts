/** The coverage of a dataset as a matrix: a minute of the calendar without a row counts as absent. Pure. */
import type { CoverageAnswer } from '@barkeep/api';
import type { Matrix, RowCounts } from './cells.js';

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
