/** A session's counts by symbol and trading day, as a matrix, read page by page. */
import type { DaysAnswer } from '@barkeep/api';
import { mergeMatrix, type Matrix, type RowCounts } from '../model/index.js';
import { callInView, pagesOf, sessionPath } from './http.js';

/** Symbols on a page: as many as the API allows. */
const PAGE_SYMBOLS = 500;

export interface SessionDays extends Matrix {
  days: DaysAnswer['days'];
  /** IANA zone of the venue. */
  zone: string;
}

/**
 * Reads all days, or reads some days again and merges them into the earlier result.
 * @param onPage called after each page with everything read so far
 * @param refresh what was read earlier, and the dates of the first and last day to read again
 * @returns the result after the last page; there is always at least one page
 */
export async function readDays(
  id: string,
  onPage: (days: SessionDays) => void,
  refresh?: { old: SessionDays; from: string; to: string },
): Promise<SessionDays> {
  const range = refresh ? `&from=${refresh.from}&to=${refresh.to}` : '';
  const path = sessionPath(id, `/days?limit=${PAGE_SYMBOLS}${range}`);
  let all = refresh?.old;
  for await (const page of pagesOf(path, callInView<DaysAnswer>, ({ next }) => next)) {
    all = withPage(all, page);
    onPage(all);
  }
  return all!;
}

/** The result with the days and rows of one more page. */
function withPage(old: SessionDays | undefined, page: DaysAnswer): SessionDays {
  const rows = new Map<string, RowCounts>(page.symbols.map(({ symbol, counts }) => [symbol, counts]));
  const matrix = mergeMatrix(old, page.days, rows);
  return { rows: matrix.rows, days: matrix.days as DaysAnswer['days'], zone: page.zone };
}
