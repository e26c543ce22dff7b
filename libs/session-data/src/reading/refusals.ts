/** Counts refused bars and rows without a slot, for a strategy only in windows and on dates that the clock has passed. Reads only. */
import type { Redis } from 'ioredis';
import { EXTENDED_HOURS, isOutsideReason, type PartitionKeys, type View } from '../layout/index.js';
import type { Listing } from './listing.js';
import { runCommands } from '../redis/index.js';
import { type OutsideDay, readOutside } from '../stream/index.js';

/** Number of refused bars by `symbol reason`, as text. */
type Refusals = Record<string, string>;

/** The refusals in one partition, without those in windows that end after `clock`, epoch ms; with Infinity all refusals. */
export async function refusedIn(redis: Redis, keys: PartitionKeys, clock: number): Promise<Refusals> {
  const hashes = [keys.refused, keys.refusedAhead].map((key) => ['hgetall', key]);
  const [refused, ahead] = await runCommands(redis, hashes);
  return withoutAhead(refused as Refusals, ahead as Refusals, clock);
}

/** The refusals of one symbol by reason, without those of bars that have no slot. */
export function refusedReasons(refused: Refusals, symbol: string): Record<string, number> {
  const prefix = `${symbol} `;
  const reasons: Record<string, number> = {};
  for (const [field, count] of Object.entries(refused)) {
    if (!field.startsWith(prefix)) continue;
    const reason = field.slice(prefix.length);
    if (!isOutsideReason(reason) && Number(count) !== 0) reasons[reason] = Number(count);
  }
  return reasons;
}

/** Number of refused bars of all symbols, without those that have no slot. */
export function refusedTotal(refused: Refusals): number {
  return countWhere(refused, (reason) => !isOutsideReason(reason));
}

/** Number of bars of all symbols that were refused because their time is not the open of a slot. */
export function refusedOffGrid(refused: Refusals): number {
  return countWhere(refused, (reason) => reason === 'off-grid');
}

function countWhere(refused: Refusals, isCounted: (reason: string) => boolean): number {
  const counted = Object.entries(refused).filter(([field]) => isCounted(field.slice(field.indexOf(' ') + 1)));
  return counted.reduce((sum, [, count]) => sum + Number(count), 0);
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
 * the session's end.
 * @param symbols the symbols to count
 * @param date counts only this date, and no fed bars: these are not counted by date
 */
export async function readOutsideRows(
  listing: Listing,
  symbols: ReadonlySet<string>,
  { view, clock }: { view: View; clock: number },
  date?: string,
): Promise<OutsideRows> {
  const { redis, layout } = listing;
  const visibleUntil = view === 'operator' || clock >= layout.end ? Infinity : clock;
  const allDays = layout.spec.source.type === 'feed' ? [] : await readOutside(redis, layout);
  const isWanted = (day: OutsideDay): boolean => symbols.has(day.symbol) && (date === undefined || day.date === date);
  const days = allDays.filter((day) => isWanted(day) && day.until <= visibleUntil);
  const rows: OutsideRows = { outside: 0, extended: 0, days };
  for (const { outside, extended } of days) {
    rows.outside += outside;
    rows.extended += extended;
  }
  if (date === undefined) await addFedRows(rows, listing, symbols, visibleUntil);
  return rows;
}

/** Adds the fed bars without a slot, which the store counts among the refused bars. @param visibleUntil the `clock` of {@link refusedIn} */
async function addFedRows(
  rows: OutsideRows,
  { redis, layout }: Listing,
  symbols: ReadonlySet<string>,
  visibleUntil: number,
): Promise<void> {
  const partitions = [...new Set([...symbols].flatMap((symbol) => layout.partitionOf(symbol) ?? []))];
  const reads = partitions.map((partition) => refusedIn(redis, layout.keysOf(partition), visibleUntil));
  const refusals = (await Promise.all(reads)).flatMap((refused) => Object.entries(refused));
  for (const [field, count] of refusals) {
    const [symbol = '', reason = ''] = field.split(' ');
    if (!symbols.has(symbol) || !isOutsideReason(reason)) continue;
    rows[reason === EXTENDED_HOURS ? 'extended' : 'outside'] += Number(count);
  }
}

/** Subtracts refusals in windows that end after the clock. @param ahead by `time symbol reason`; time: the window's end, epoch ms */
function withoutAhead(refused: Refusals, ahead: Refusals, clock: number): Refusals {
  const visible = { ...refused };
  for (const [field, count] of Object.entries(ahead)) {
    const space = field.indexOf(' ');
    const windowEnd = Number(field.slice(0, space));
    const name = field.slice(space + 1);
    // The refusals of a symbol that left are removed: there may be none to subtract from.
    if (windowEnd <= clock || visible[name] === undefined) continue;
    visible[name] = String(Math.max(0, Number(visible[name]) - Number(count)));
  }
  return visible;
}
