/** Counts of refused bars: all, or only those of windows that the clock has passed. */
import type { Redis } from 'ioredis';
import { EXTENDED_HOURS, isOutsideReason, type PartitionKeys } from '../layout/index.js';
import { runCommands } from '../redis/index.js';

/** Number of refused bars by `symbol reason`, as text. */
export type Refusals = Record<string, string>;

/** @param clock refusals of windows that end after it are left out; Infinity for all */
export async function refusedIn(redis: Redis, keys: PartitionKeys, clock: number): Promise<Refusals> {
  const hashes = [keys.refused, keys.refusedAhead].map((key) => ['hgetall', key]);
  const [refused, ahead] = await runCommands(redis, hashes);
  return withoutAhead(refused as Refusals, ahead as Refusals, clock);
}

/** The refusals of one symbol by reason, without those of bars that have no slot. */
export function refusedReasons(refused: Refusals, symbol: string): Record<string, number> {
  const reasons = Object.entries(refused).flatMap(([field, count]): [string, number][] => {
    const reason = field.startsWith(`${symbol} `) ? field.slice(symbol.length + 1) : undefined;
    return reason === undefined || isOutsideReason(reason) || Number(count) === 0 ? [] : [[reason, Number(count)]];
  });
  return Object.fromEntries(reasons);
}

/** Bars that were refused, without those that have no slot. */
export function refusedTotal(refused: Refusals): number {
  return Object.entries(refused).reduce(
    (sum, [field, count]) => (isOutsideReason(field.slice(field.indexOf(' ') + 1)) ? sum : sum + Number(count)),
    0,
  );
}

/** How an outside reason counts. */
export function outsideOf(reason: string, count: number): { outside: number; extended: number } {
  return reason === EXTENDED_HOURS ? { outside: 0, extended: count } : { outside: count, extended: 0 };
}

/** @param ahead by `time symbol reason`: the window's end, epoch ms */
function withoutAhead(refused: Refusals, ahead: Refusals, clock: number): Refusals {
  const visible = { ...refused };
  for (const [field, count] of Object.entries(ahead)) {
    const at = field.indexOf(' ');
    const name = field.slice(at + 1);
    // A symbol that left takes its refusals with it.
    if (Number(field.slice(0, at)) <= clock || visible[name] === undefined) continue;
    visible[name] = String(Math.max(0, Number(visible[name]) - Number(count)));
  }
  return visible;
}
