/** How far a session is on its line of time, on which each trading day has the same width, and how fast sessions stream. Pure. */
import type { SessionAnswer } from '@barkeep/api';

/**
 * Where a simulated time stands on the line.
 * @param days trading days in order, with open and close in ISO 8601
 * @returns 0 to 1; 0 for null
 */
export function placeOnLine(time: string | null, days: readonly { open: string; close: string }[]): number {
  if (time === null || days.length === 0) return 0;
  const at = Date.parse(time);
  const passed = days.filter(({ close }) => Date.parse(close) <= at).length;
  const day = days[passed];
  if (!day) return 1;
  const [open, close] = [Date.parse(day.open), Date.parse(day.close)];
  const part = Math.max(0, Math.min(1, (at - open) / (close - open)));
  return (passed + part) / days.length;
}

/** How many of the days the clock has closed, that is, the index of the first open one. */
export function openDayOf(clock: string | null, days: readonly { close: string }[]): number {
  if (clock === null) return 0;
  const at = Date.parse(clock);
  return days.filter(({ close }) => Date.parse(close) <= at).length;
}

/** A list of sessions and when it was read, epoch milliseconds. */
export interface Reading {
  at: number;
  sessions: readonly Pick<SessionAnswer, 'id' | 'counts'>[];
}

/** Bars a second by session, of those that are in both readings. */
export function ratesOf(older: Reading | undefined, newer: Reading | undefined): Map<string, number> {
  const rates = new Map<string, number>();
  if (!older || !newer || newer.at <= older.at) return rates;
  const before = new Map(older.sessions.map(({ id, counts }) => [id, counts.filled]));
  for (const { id, counts } of newer.sessions) {
    const was = before.get(id);
    if (was !== undefined) rates.set(id, ((counts.filled - was) * 1000) / (newer.at - older.at));
  }
  return rates;
}
