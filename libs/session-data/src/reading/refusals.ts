/** Counts refused bars and rows without a slot, for a strategy only in windows and on dates that the clock has passed. Reads only. */
import type { Redis } from 'ioredis';
import { EXTENDED_HOURS, isOutsideReason, type PartitionKeys, type View } from '../layout/index.js';
import type { Listing } from './listing.js';
import { runGroups } from '../redis/index.js';
import { type OutsideDay, readOutside } from '../stream/index.js';

/** Bars of one symbol that were refused for one reason. */
export interface Refusal {
  symbol: string;
  reason: string;
  count: number;
}

/** The refusals in some partitions, without those in windows that end after `clock`, epoch ms; with Infinity all refusals. */
export async function readRefusals(redis: Redis, keys: readonly PartitionKeys[], clock: number): Promise<Refusal[]> {
  const hashes = await runGroups(redis, keys, ({ refused, refusedAhead }) => [
    ['hgetall', refused],
    ['hgetall', refusedAhead],
  ]);
  return (hashes as Record<string, string>[][]).flatMap(([refused, ahead]) => refusalsOf(refused!, ahead, clock));
}

/**
 * Parses the refusals of a partition, and subtracts those in windows that end after the clock.
 * @param refused by `symbol reason` @param ahead by `time symbol reason`; time: the end of the window, epoch ms
 */
export function refusalsOf(
  refused: Record<string, string>,
  ahead: Record<string, string> = {},
  clock = Infinity,
): Refusal[] {
  const hidden = new Map<string, number>();
  for (const [field, count] of Object.entries(ahead)) {
    const [windowEnd, ...symbolAndReason] = field.split(' ');
    const name = symbolAndReason.join(' ');
    if (Number(windowEnd) > clock) hidden.set(name, (hidden.get(name) ?? 0) + Number(count));
  }
  return Object.entries(refused).map(([field, count]) => {
    const [symbol = '', reason = ''] = field.split(' ');
    return { symbol, reason, count: Math.max(0, Number(count) - (hidden.get(field) ?? 0)) };
  });
}

/** Number of refused bars, without those that have no slot. */
export function refusedBars(refusals: readonly Refusal[]): number {
  return refusals.reduce((sum, { reason, count }) => (isOutsideReason(reason) ? sum : sum + count), 0);
}

/** Rows without a slot: rows of the source, by local date, and bars that were fed. */
export interface OutsideRows {
  /** Number of rows without a slot, except those in `extended`. */
  outside: number;
  /** Number of rows in the calendar's extended hours, in a session of regular hours. */
  extended: number;
  /** The dates on which the source has such rows, sorted by date and symbol. */
  days: OutsideDay[];
}

/**
 * Counts rows without a slot. A strategy's view includes a date once the clock has reached the midnight that ends it, and all dates at
 * the session's end. @param date counts only this date, and no fed bars, which are not counted by date
 */
export async function readOutsideRows(
  { redis, layout }: Listing,
  symbols: ReadonlySet<string>,
  { view, clock }: { view: View; clock: number },
  date?: string,
): Promise<OutsideRows> {
  const visibleUntil = view === 'operator' || clock >= layout.end ? Infinity : clock;
  const allDays = layout.spec.source.type === 'feed' ? [] : await readOutside(redis, layout);
  const isWanted = (day: OutsideDay): boolean => symbols.has(day.symbol) && (date === undefined || day.date === date);
  const days = allDays.filter((day) => isWanted(day) && day.until <= visibleUntil);
  const rows: OutsideRows = { outside: 0, extended: 0, days };
  for (const { outside, extended } of days) {
    rows.outside += outside;
    rows.extended += extended;
  }
  if (date !== undefined) return rows;
  // Fed bars without a slot are counted among the refused bars.
  const partitions = new Set([...symbols].flatMap((symbol) => layout.partitionOf(symbol) ?? []));
  const keys = [...partitions].map((partition) => layout.keysOf(partition));
  for (const { symbol, reason, count } of await readRefusals(redis, keys, visibleUntil)) {
    if (!symbols.has(symbol) || !isOutsideReason(reason)) continue;
    rows[reason === EXTENDED_HOURS ? 'extended' : 'outside'] += count;
  }
  return rows;
}
