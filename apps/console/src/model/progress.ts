/** How far a session is on its time line, on which each trading day has the same width; and how fast sessions stream. Pure. */
import type { SessionAnswer } from '@barkeep/api';

/** The position of a simulated time on the line, from 0 (start, or null) to 1 (end). @param days in order, with times in ISO 8601 */
export function placeOnLine(time: string | null, days: readonly { open: string; close: string }[]): number {
  if (time === null || days.length === 0) return 0;
  const at = Date.parse(time);
  const dayIndex = openDayOf(time, days); // also the number of days that are over
  const day = days[dayIndex];
  if (!day) return 1;
  const [open, close] = [Date.parse(day.open), Date.parse(day.close)];
  const partOfDay = Math.max(0, Math.min(1, (at - open) / (close - open)));
  return (dayIndex + partOfDay) / days.length;
}

/** The index of the first day whose close is after the clock, which is also the number of days before it. */
export function openDayOf(clock: string | null, days: readonly { close: string }[]): number {
  if (clock === null) return 0;
  const at = Date.parse(clock);
  return days.filter(({ close }) => Date.parse(close) <= at).length;
}

/** One reading of the list of sessions. */
export interface Reading {
  /** When it was read, epoch ms. */
  at: number;
  sessions: readonly Pick<SessionAnswer, 'id' | 'counts'>[];
}

/** Bars per second of each session that is in both readings, by session id; 0 for one that started again with fewer bars. */
export function ratesOf(older: Reading | undefined, newer: Reading | undefined): Map<string, number> {
  const rates = new Map<string, number>();
  if (!older || !newer || newer.at <= older.at) return rates;
  const olderFilled = new Map(older.sessions.map(({ id, counts }) => [id, counts.filled]));
  for (const { id, counts } of newer.sessions) {
    const previous = olderFilled.get(id);
    if (previous === undefined) continue;
    rates.set(id, (Math.max(0, counts.filled - previous) * 1000) / (newer.at - older.at));
  }
  return rates;
}
