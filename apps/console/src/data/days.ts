/** The matrix symbol × trading day of a session, read in pages. */
import type { DaysAnswer } from '@barkeep/api';
import { mergeMatrix, type Matrix, type RowCounts } from '../model/index.js';
import { callInView, pagesOf, sessionPath } from './http.js';

const PAGE_SYMBOLS = 500;

export interface SessionDays extends Matrix {
  days: DaysAnswer['days'];
  /** IANA zone of the venue. */
  zone: string;
}

/**
 * Reads all days, or some days of what was read before again.
 * @param onPage called with what was read so far, after each page
 * @param again the dates of the first and last day
 * @returns all that was read
 */
export async function readDays(
  id: string,
  onPage: (days: SessionDays) => void,
  again?: { old: SessionDays; from: string; to: string },
): Promise<SessionDays> {
  const range = again ? `&from=${again.from}&to=${again.to}` : '';
  const path = sessionPath(id, `/days?limit=${PAGE_SYMBOLS}${range}`);
  let read = again?.old;
  for await (const page of pagesOf(path, callInView<DaysAnswer>, ({ next }) => next))
    onPage((read = merged(read, page)));
  return read!;
}

function merged(old: SessionDays | undefined, page: DaysAnswer): SessionDays {
  const rows = new Map<string, RowCounts>(page.symbols.map(({ symbol, counts }) => [symbol, counts]));
  const matrix = mergeMatrix(old, page.days, rows);
  return { rows: matrix.rows, days: matrix.days as DaysAnswer['days'], zone: page.zone };
}
