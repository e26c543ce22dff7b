/**
 * Removes the data of symbols that left a session. Gives the partitions of these symbols a new stamp first: after that no writer with an
 * older list of symbols brings the data back. May be repeated; the caller holds the session's lock.
 */
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import { SymbolsChangedError } from '../errors.js';
import { byPartition, type SessionLayout } from '../layout/index.js';
import { COUNTERS, SCRIPTS, type ScriptArgument } from '../redis/index.js';
import { countsBefore, readSymbolDays } from '../upkeep/index.js';

/** A symbol that left a partition, and the version of the list with which it left. */
export interface Leaver {
  symbol: string;
  partition: number;
  version: number;
}

/** Days per script call: bounds how long the script blocks Redis. */
const DAYS_A_CALL = 32;
/** Most attempts to restamp a partition while its days retire: days retire far more slowly than these calls run. */
const RESTAMPS_MAX = 50;

/** Symbols whose data were removed from the store. */
export interface RemovedSymbols {
  symbols: string[];
  /** Records that nothing of these symbols is left. Before this, the next update removes them again, so that it is safe to crash. */
  finish(): Promise<void>;
}

/**
 * Removes all data of leavers. @param json the leavers, as switch-symbols.lua stored them
 * @throws SymbolsChangedError when the store was set back meanwhile
 */
export async function removeLeavers(redis: Redis, layout: SessionLayout, json: string): Promise<RemovedSymbols> {
  const leavers = JSON.parse(json) as Leaver[];
  for (const [partition, members] of byPartition(leavers, ({ partition: left }) => left)) {
    // A partition that another symbol took over gets its stamp when it begins again for that symbol, and only then.
    const isTakenOver = partition >= layout.basePartitions && !layout.isVacant(partition);
    // All members left the partition with the same version.
    if (!isTakenOver) await restamp(redis, layout, partition, members[0]!.version, members.length);
  }
  for (const leaver of leavers) await dropDays(redis, layout, leaver);
  const finish = async () => {
    if (leavers.length > 0) await SCRIPTS.clearLeaving.run(redis, [layout.keysOf(0).meta], [layout.incarnation, json]);
  };
  return { symbols: leavers.map(({ symbol }) => symbol), finish };
}

/** Gives a partition a new stamp, so that it refuses writers whose list has the `leaverCount` symbols that left it. */
async function restamp(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  version: number,
  leaverCount: number,
): Promise<void> {
  const keys = tableKeys(layout, partition);
  const { meta } = layout.keysOf(partition);
  const vacant = layout.isVacant(partition) ? '1' : '0';
  for (let attempt = 0; attempt < RESTAMPS_MAX; attempt++) {
    const retiredTo = (await redis.hget(meta, 'retiredTo')) ?? '';
    // The counts of retired days cannot be split by symbol and stay in the counters, so the leavers' slots of these days stay expected.
    const leftSlots = layout.slotsClosedBy(Number(retiredTo)) * leaverCount;
    const reply = await SCRIPTS.restamp.run(redis, keys, [layout.incarnation, version, vacant, retiredTo, leftSlots]);
    if (reply !== 'moved') return;
  }
  throw new SymbolsChangedError(layout.id);
}

/** Removes a symbol's days. No writer can change them any more, so the script may subtract the counts that are read here. */
async function dropDays(redis: Redis, layout: SessionLayout, leaver: Leaver): Promise<void> {
  const { symbol, partition, version } = leaver;
  // A symbol that joined was alone in its partition, whose counters were removed with the new stamp.
  const isCounted = partition < layout.basePartitions ? '1' : '0';
  for (const days of inBatches(layout.days.keys(), DAYS_A_CALL)) {
    const places = days.map((day) => ({ symbol, day }));
    const symbolDays = await readSymbolDays(redis, layout, partition, places);
    const dayKeys = days.map((day) => layout.dayKeys(partition, symbol, layout.day(day).date));
    const keys = [...tableKeys(layout, partition), ...dayKeys.flat()];
    const args: ScriptArgument[] = [layout.incarnation, version, symbol, isCounted, dayKeys[0]!.length];
    for (const [i, day] of days.entries()) {
      const { date, slotCount } = layout.grid(day);
      // The counters do not include the history.
      const counts = countsBefore([symbolDays[i]!], layout.isHistory(day) ? 0 : slotCount);
      args.push(date, ...COUNTERS.map((name) => counts[name]));
    }
    const reply = await SCRIPTS.dropSymbol.run(redis, keys, args);
    if (reply === 'unstamped') throw new SymbolsChangedError(layout.id);
  }
}

/** The meta hash of a partition, and the keys of its symbols that do not belong to one day, in the order of drop-symbol.lua. */
export function tableKeys(layout: SessionLayout, partition: number): string[] {
  const keys = layout.keysOf(partition);
  const { meta, retry, dirty, errors, refused, history, emitted, outside } = keys;
  const { refusedAhead, repositoryRefused, pending } = keys;
  return [meta, retry, dirty, errors, refused, history, emitted, outside, refusedAhead, repositoryRefused, pending];
}
