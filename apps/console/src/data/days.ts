/** The matrix symbol × trading day of a session, read in pages. */
import type { DaysAnswer } from '@barkeep/api';
import { mergeMatrix, type Matrix, type RowCounts } from '../model/index.js';
import { pagesOf, sessionPath } from './http.js';
import { callInView } from './view.js';

const PAGE_SYMBOLS = 500;

export interface SessionDays extends Matrix {
  days: DaysAnswer['days'];
  /** IANA zone of the venue. */
  zone: string;
}

/** Reads all days. @param onPage called with what was read so far, after each page */
export async function readDays(id: string, onPage: (days: SessionDays) => void): Promise<SessionDays> {
  let read: SessionDays | undefined;
  for await (const page of daysOf(id, '')) onPage((read = merged(read, page)));
  return read!;
}

/** Reads the days `from` to `to` again, both included. @returns the matrix with them in it */
export async function readDaysAgain(old: SessionDays, id: string, from: string, to: string): Promise<SessionDays> {
  let read = old;
  for await (const page of daysOf(id, `&from=${from}&to=${to}`)) read = merged(read, page);
  return read;
}

function daysOf(id: string, range: string): AsyncGenerator<DaysAnswer> {
  const path = sessionPath(id, `/days?limit=${PAGE_SYMBOLS}${range}`);
  return pagesOf(path, callInView<DaysAnswer>, ({ next }) => next);
}

function merged(old: SessionDays | undefined, page: DaysAnswer): SessionDays {
  const rows = new Map<string, RowCounts>(page.symbols.map(({ symbol, counts }) => [symbol, counts]));
  const matrix = mergeMatrix(old, page.days, rows);
  return { rows: matrix.rows, days: matrix.days as DaysAnswer['days'], zone: page.zone };
}
