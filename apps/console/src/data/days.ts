/** A session's counts by symbol and trading day, as a matrix, read page by page. */
import type { DaysAnswer } from '@barkeep/api';
import { mergeMatrix, withoutDaysBefore, type Matrix, type RowCounts } from '../model/index.js';
import { apiPath, CallError, callInView, pagesOf } from './http.js';

/** Symbols on a page: as many as the API allows. */
const PAGE_SYMBOLS = 500;
/** The kinds of problems of a session that has no days: one that has not begun to stream, and a lost one. */
const WITHOUT_DAYS: ReadonlySet<CallError['kind']> = new Set(['wrong-state', 'session-lost']);

export interface SessionDays extends Matrix<DaysAnswer['days'][number]> {
  /** IANA zone of the venue. */
  zone: string;
}

const nothingWanted = () => ({
  /** Whether to read all days. */
  all: false,
  /** Whether to ask for the session's first retained day, and to drop the days before it. */
  firstDay: false,
  /** The dates of the days to read. */
  dates: new Set<string>(),
});

type OnPage = (days: SessionDays) => void;

/** Reads the days of a session: first all of them, later those that have changed. A read must end before the next one begins. */
export class DaysReader {
  /** The result of the last read; during the first read its first page. Null for a session without days. */
  private latest: SessionDays | null = null;
  /** What the next read reads; callers add to it. */
  wanted = { ...nothingWanted(), all: true };

  constructor(private readonly id: string) {}

  /** The next read reads the day of the clock again: the first one that ends at or after `clock`, or else the last one. */
  wantDateOf(clock: string): void {
    const day = this.latest?.days.find(({ close }) => close >= clock) ?? this.latest?.days.at(-1);
    this.wanted.dates.add(day?.date ?? clock.slice(0, 'YYYY-MM-DD'.length));
  }

  /**
   * Reads what is wanted, and merges it into the earlier result. After a failure the next read reads all days.
   * @param onPage called after each page with everything read so far
   * @returns the result after the last page; null for a session without days
   */
  async read(onPage: OnPage): Promise<SessionDays | null> {
    const { all, firstDay, dates } = this.wanted;
    this.wanted = nothingWanted();
    try {
      if (all) await this.readAll(onPage);
      else {
        if (firstDay) await this.dropRemovedDays();
        if (dates.size > 0) await this.readDates([...dates].sort(), onPage);
      }
    } catch (error) {
      this.wanted.all = true;
      const hasNoDays = error instanceof CallError && WITHOUT_DAYS.has(error.kind);
      if (!hasNoDays) throw error;
      this.latest = null;
    }
    return this.latest;
  }

  /** Until its last page the earlier result stays the latest one, so that no day disappears; the first read has no earlier one. */
  private async readAll(onPage: OnPage): Promise<void> {
    let days: SessionDays | null = null;
    for await (const page of this.pages('')) {
      days = withPage(days, page);
      this.latest ??= days;
      onPage(days);
    }
    this.latest = days;
  }

  /** Reads the days from the first to the last date; all days when the session has other symbols than in the earlier result. */
  private async readDates(dates: readonly string[], onPage: OnPage): Promise<void> {
    const earlier = this.latest;
    const symbols = new Set<string>();
    for await (const page of this.pages(`&from=${dates[0]}&to=${dates.at(-1)}`)) {
      for (const { symbol } of page.symbols) symbols.add(symbol);
      this.latest = withPage(this.latest, page);
      onPage(this.latest);
    }
    if (earlier && !hasSameKeys(earlier.rows, symbols)) await this.readAll(onPage);
  }

  /** Pages in the operator's view, if the user's key may read it; otherwise in the strategy's. */
  private pages(range: string): AsyncGenerator<DaysAnswer> {
    const path = `${apiPath`/v1/sessions/${this.id}/days`}?limit=${PAGE_SYMBOLS}${range}`;
    return pagesOf(path, callInView<DaysAnswer>, ({ next }) => next);
  }

  private async dropRemovedDays(): Promise<void> {
    const { days } = await callInView<DaysAnswer>(apiPath`/v1/sessions/${this.id}/days?limit=1`);
    if (this.latest && days[0]) this.latest = withoutDaysBefore(this.latest, days[0].date);
  }
}

function hasSameKeys(rows: ReadonlyMap<string, unknown>, symbols: ReadonlySet<string>): boolean {
  return rows.size === symbols.size && [...symbols].every((symbol) => rows.has(symbol));
}

function withPage(old: SessionDays | null, page: DaysAnswer): SessionDays {
  const rows = new Map<string, RowCounts>(page.symbols.map(({ symbol, counts }) => [symbol, counts]));
  return { ...mergeMatrix(old, page.days, rows), zone: page.zone };
}
