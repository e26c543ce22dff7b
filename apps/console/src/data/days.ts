/** A session's counts by symbol and trading day, as a matrix, read page by page. */
import type { DaysAnswer } from '@barkeep/api';
import { mergeMatrix, withoutDaysBefore, type Matrix, type RowCounts } from '../model/index.js';
import { CallError, callInView, pagesOf, sessionPath } from './http.js';

/** Symbols on a page: as many as the API allows. */
const PAGE_SYMBOLS = 500;
/** Status of the answer for a session whose days cannot be read: it was never started, is lost, or its calendar is gone. */
const CONFLICT = 409;

export interface SessionDays extends Matrix {
  days: DaysAnswer['days'];
  /** IANA zone of the venue. */
  zone: string;
}

/** Reads the days of a session: first all of them, later those that have changed. A read must end before the next one begins. */
export class DaysReader {
  /** The result of the last read; during the first read its first page. */
  private latest: SessionDays | undefined;
  private isAllWanted = true;
  private isFirstDayWanted = false;
  private readonly changedDates = new Set<string>();

  constructor(private readonly id: string) {}

  get hasChangedDates(): boolean {
    return this.changedDates.size > 0;
  }

  /** The next read reads all days again. */
  wantAll(): void {
    this.isAllWanted = true;
  }

  /** The next read drops the days that the store has removed. It asks for one symbol. */
  wantFirstDay(): void {
    this.isFirstDayWanted = true;
  }

  /** The next read reads this day again. */
  wantDate(date: string): void {
    this.changedDates.add(date);
  }

  /** The next read reads the day of the clock again: the first one that ends at or after `clock`, or else the last one. */
  wantDateOf(clock: string): void {
    const day = this.latest?.days.find(({ close }) => close >= clock) ?? this.latest?.days.at(-1);
    this.changedDates.add(day?.date ?? clock.slice(0, 'YYYY-MM-DD'.length));
  }

  /**
   * Reads the days that are wanted and merges them into the earlier result. After a failure the next read reads all days. Also reads all
   * days when the session has other symbols than in the earlier result.
   * @param onPage called after each page with everything read so far, and with undefined when the days cannot be read
   * @returns the result after the last page; undefined for a session whose days cannot be read
   */
  async read(onPage: (days: SessionDays | undefined) => void): Promise<SessionDays | undefined> {
    const dates = [...this.changedDates].sort();
    this.changedDates.clear();
    const isFirstDayWanted = this.isFirstDayWanted && !this.isAllWanted;
    this.isFirstDayWanted = false;
    if (isFirstDayWanted) await this.dropRemovedDays();
    const earlier = this.isAllWanted ? undefined : this.latest;
    if (earlier && dates.length === 0) return earlier;
    this.isAllWanted = false;
    const range = earlier ? `&from=${dates[0]}&to=${dates.at(-1)}` : ''; // without a range: all days
    const path = sessionPath(this.id, `/days?limit=${PAGE_SYMBOLS}${range}`);
    let merged = earlier;
    const symbols = new Set<string>();
    try {
      for await (const page of pagesOf(path, callInView<DaysAnswer>, ({ next }) => next)) {
        for (const { symbol } of page.symbols) symbols.add(symbol);
        merged = withPage(merged, page);
        this.latest ??= merged;
        onPage(merged);
      }
      this.latest = merged;
      if (earlier && !hasSameKeys(earlier.rows, symbols)) this.isAllWanted = true;
    } catch (error) {
      this.isAllWanted = true;
      const areUnreadable = error instanceof CallError && error.status === CONFLICT;
      if (!areUnreadable) throw error;
      this.latest = undefined; // the days are gone with the store
      onPage(undefined);
    }
    const mustReadAll = earlier !== undefined && this.isAllWanted;
    return mustReadAll ? this.read(onPage) : this.latest;
  }

  /** Drops the days before the session's first retained one. After a failure all days are read, which shows the failure if it lasts. */
  private async dropRemovedDays(): Promise<void> {
    try {
      const { days } = await callInView<DaysAnswer>(sessionPath(this.id, '/days?limit=1'));
      if (this.latest && days[0]) this.latest = withoutDaysBefore(this.latest, days[0].date);
    } catch {
      this.isAllWanted = true;
    }
  }
}

function hasSameKeys(rows: ReadonlyMap<string, unknown>, symbols: ReadonlySet<string>): boolean {
  return rows.size === symbols.size && [...symbols].every((symbol) => rows.has(symbol));
}

function withPage(old: SessionDays | undefined, page: DaysAnswer): SessionDays {
  const rows = new Map<string, RowCounts>(page.symbols.map(({ symbol, counts }) => [symbol, counts]));
  const matrix = mergeMatrix(old, page.days, rows);
  return { rows: matrix.rows, days: matrix.days as DaysAnswer['days'], zone: page.zone };
}
