/** Counts the empty slots that a forced round of upkeep would request. Reads only. */
import { slotsToAsk } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { byPartition, type SessionLayout, type View } from '../layout/index.js';
import { UpkeepStore } from '../upkeep/index.js';
import { readVisibleEnd } from './clocked-reads.js';

/** What is counted; all of the session when left out. */
export interface EmptySlotsQuery {
  symbols?: readonly string[] | undefined;
  /** Dates, both included. */
  from?: string | undefined;
  to?: string | undefined;
  view: View;
}

/** The empty slots of one symbol: how many, and in how many gaps. */
export interface EmptySlots {
  symbol: string;
  gaps: number;
  slots: number;
}

/** The symbols that have any, sorted by name. @param readable all symbols that can be read @throws SessionLostError */
export async function readEmptySlots(
  redis: Redis,
  layout: SessionLayout,
  readable: readonly string[],
  { symbols = readable, from, to, view }: EmptySlotsQuery,
): Promise<EmptySlots[]> {
  const { end, firstKept } = await readVisibleEnd(redis, layout, readable, view);
  const store = new UpkeepStore(redis, layout);
  const found = new Map<string, EmptySlots>();
  const partitions = [...byPartition([...new Set(symbols)], (symbol) => layout.partitionOf(symbol)!)];
  for (let day = firstKept; day < layout.days.length && layout.grid(day).open < end; day++) {
    const { date } = layout.day(day);
    if (date < (from ?? date) || date > (to ?? date)) continue;
    const closed = layout.grid(day).closedBy(end);
    const read = await Promise.all(partitions.map(([partition, members]) => store.readDay(partition, day, members)));
    for (const { symbol, bitmap, states } of read.flat()) {
      const runs = slotsToAsk(bitmap, states, closed, 'all');
      if (runs.length === 0) continue;
      const sum = found.get(symbol) ?? { symbol, gaps: 0, slots: 0 };
      sum.gaps += runs.length;
      sum.slots += runs.reduce((slots, run) => slots + run.end - run.start, 0);
      found.set(symbol, sum);
    }
  }
  return [...found.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}
