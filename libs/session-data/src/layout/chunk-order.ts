/** The order and the names in which a session's digest and its certificate hash chunks. Pure. */
import type { Interval } from '@barkeep/bars';
import type { Hash } from 'node:crypto';
import type { SessionLayout } from './layout.js';

/** The stored intervals in the order of their names. */
export function intervalsByName({ base, derived }: SessionLayout): Interval[] {
  return [base, ...derived].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Adds a chunk after its name. */
export function hashChunk(hash: Hash, interval: Interval, symbol: string, date: string, bytes: Uint8Array): void {
  hash.update(`${interval.name}:${symbol}:${date}\n`).update(bytes);
}
