/** How fast sessions stream, from two readings of the list. Pure. */
import type { SessionAnswer } from '@barkeep/api';

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
