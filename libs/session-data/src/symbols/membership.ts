/**
 * Updates the list of symbols in a session's store. A new symbol gets a separate partition, and is `joining` (invisible to readers) until
 * it is whole up to the clock. The caller holds the session's lock, which prevents two updates at once.
 */
import { addedPartition, parseMembership, UNCHANGED } from '@barkeep/bars';
import type { Membership } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import { FencedError, SessionLostError, SymbolsChangedError } from '../errors.js';
import { SessionLayout } from '../layout/index.js';
import { COUNTERS, SCRIPTS, runCommands, type ScriptArgument } from '../redis/index.js';
import { type Fence, forget } from '../stream/index.js';
import { countsBefore, readSymbolDays } from '../upkeep/index.js';

export interface StoredSymbols {
  membership: Membership;
  /** Symbols that readers do not see yet. */
  joining: readonly string[];
  /** The symbols whose data must still be removed after a change, as JSON; '' when there are none. */
  leaving: string;
}

/** A symbol that left a partition, and the version of the list with which it left. */
interface Leaver {
  symbol: string;
  partition: number;
  version: number;
}

/** Days per script call: bounds how long the script blocks Redis. */
const DAYS_A_CALL = 32;
/** Most attempts to restamp a partition while its days retire: days retire far more slowly than these calls run. */
const RESTAMPS_MAX = 50;

/** The fields of partition 0's meta hash that {@link symbolsKey} needs. */
export const SYMBOLS_KEY_FIELDS = ['version', 'joining'] as const;

/** A text that changes whenever the list of symbols or the set of joining symbols changes. */
export function symbolsKey(version: string | null | undefined, joining: string | null | undefined): string {
  return `${version ?? 0} ${joining ?? ''}`;
}

/** The symbols as the store has them now. @throws SessionLostError */
export async function readSymbols(redis: Redis, layout: SessionLayout): Promise<StoredSymbols> {
  const fields = ['incarnation', 'symbols', 'joining', 'leaving'];
  const [stamp, symbols, joining, leaving] = await redis.hmget(layout.keysOf(0).meta, ...fields);
  if (!layout.owns(stamp)) throw new SessionLostError(layout.id);
  return {
    membership: symbols ? parseMembership(JSON.parse(symbols)) : UNCHANGED,
    joining: (joining ?? '').split(' ').filter(Boolean),
    leaving: leaving ?? '',
  };
}

/** Whether the store has all partitions of a session, with the symbols of this layout: only then do they accept its owner. */
export async function hasAllPartitions(redis: Redis, layout: SessionLayout): Promise<boolean> {
  const reads = layout.keys.map(({ meta }) => ['hget', meta, 'incarnation']);
  const stamps = await runCommands(redis, reads);
  return stamps.every((stamp, partition) => stamp === layout.stampOf(partition));
}

/** The same session with another list of symbols. */
export function withMembership(layout: SessionLayout, membership: Membership): SessionLayout {
  return new SessionLayout({ ...layout.description, membership, keptDays: layout.days });
}

/**
 * Updates a store to the list of `target`, and finishes the removals of an interrupted earlier call.
 * @returns the symbols whose data were removed, or undefined when there was nothing to do @throws SessionLostError
 */
export async function updateSymbols(redis: Redis, target: SessionLayout): Promise<string[] | undefined> {
  const stored = await readSymbols(redis, target);
  const before = withMembership(target, stored.membership);
  const removedNow = await removeLeavers(redis, before, stored.leaving);
  const isUpToDate = stored.membership.version >= target.membership.version;
  if (isUpToDate) return stored.leaving === '' ? undefined : removedNow;
  // A symbol that left and joined again since the stored list is both a leaver and a joiner.
  const isChanged = (symbol: string) => stayOf(before, symbol) !== stayOf(target, symbol);
  const joiners = target.symbols.filter(isChanged);
  const leavers = before.symbols.filter(isChanged).map((symbol): Leaver => {
    const partition = before.partitionOf(symbol)!;
    return { symbol, partition, version: target.membership.stamps[partition]! };
  });
  const retainedFrom = Number(await redis.hget(target.keysOf(0).meta, 'retainedFrom'));
  for (const symbol of joiners) await beginPartition(redis, target, target.partitionOf(symbol)!, retainedFrom);
  const leaving = await switchList(redis, target, leavers, joiners);
  return [...removedNow, ...(await removeLeavers(redis, target, leaving))];
}

/** Stores the list of `target` and the leavers, whose data must be removed. @returns the leavers as JSON, or '' @throws SessionLostError */
async function switchList(
  redis: Redis,
  target: SessionLayout,
  leavers: readonly Leaver[],
  joiners: readonly string[],
): Promise<string> {
  const leaving = leavers.length > 0 ? JSON.stringify(leavers) : '';
  const { meta, wake } = target.keysOf(0);
  const args = [target.incarnation, target.membership.version, JSON.stringify(target.membership), leaving, wake];
  args.push(leavers.length, ...leavers.map(({ symbol }) => symbol), ...joiners);
  if ((await SCRIPTS.switchSymbols.run(redis, [meta], args)) !== 'gone') return leaving;
  // The session was removed meanwhile: remove the partitions that this update created (I9, docs/ARCHITECTURE.md).
  for (const symbol of joiners) await forget(redis, target, target.partitionOf(symbol)!);
  throw new SessionLostError(target.id);
}

/**
 * Makes joining symbols visible that are whole up to `wholeUpTo`, epoch ms. @returns false when the clock is later, or the list changed
 * @throws FencedError, SessionLostError
 */
export async function showJoined(
  redis: Redis,
  layout: SessionLayout,
  { epoch, owner }: Fence,
  symbols: readonly string[],
  wholeUpTo: number,
): Promise<boolean> {
  const args = [layout.incarnation, epoch, owner, layout.membership.version, wholeUpTo, ...symbols];
  const reply = await SCRIPTS.showJoined.run(redis, [layout.keysOf(0).meta], args);
  if (reply === 'lost') throw new SessionLostError(layout.id);
  if (reply === 'fenced') throw new FencedError(layout.id, epoch, owner);
  return reply === 'joined';
}

/** Identifies one stay of a symbol in the session: after the symbol left and joined again, the text differs. */
function stayOf({ membership, symbols }: SessionLayout, symbol: string): string | undefined {
  const partition = addedPartition(membership, symbol);
  if (partition !== undefined) return `${partition} since ${membership.stamps[partition]}`;
  return symbols.includes(symbol) ? 'since the beginning' : undefined;
}

/** Begins a partition at the session's start; when days were removed, at the close of the last removed day. */
async function beginPartition(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  retainedFrom: number,
): Promise<void> {
  const version = layout.membership.stamps[partition]!;
  const firstKept = layout.firstKept(retainedFrom);
  const [start, retained] = firstKept > 0 ? [layout.grid(firstKept - 1).close, retainedFrom] : [layout.start, ''];
  const args = [layout.incarnation, version, start, layout.historyDays, retained];
  const reply = await SCRIPTS.beginPartition.run(redis, [layout.keysOf(partition).meta], args);
  if (reply === 'other') throw new SessionLostError(layout.id);
}

/** Removes all data of leavers. @param json the leavers, as switch-symbols.lua stored them @returns their symbols */
async function removeLeavers(redis: Redis, layout: SessionLayout, json: string): Promise<string[]> {
  if (json === '') return [];
  const leavers = JSON.parse(json) as Leaver[];
  for (const leaver of leavers) {
    const leaversOfPartition = leavers.filter(({ partition }) => partition === leaver.partition);
    // After the first leaver of a partition, the calls for its others find the new stamp and change nothing.
    await restamp(redis, layout, leaver, leaversOfPartition.length);
  }
  for (const leaver of leavers) await dropDays(redis, layout, leaver);
  await SCRIPTS.clearLeaving.run(redis, [layout.keysOf(0).meta], [layout.incarnation, json]);
  return leavers.map(({ symbol }) => symbol);
}

/** Gives a leaver's partition a new stamp, so that it refuses writers whose list has the `leaverCount` symbols that left it. */
async function restamp(
  redis: Redis,
  layout: SessionLayout,
  { partition, version }: Leaver,
  leaverCount: number,
): Promise<void> {
  const { meta, pending } = layout.keysOf(partition);
  const keys = [...tableKeys(layout, partition), pending];
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
    await SCRIPTS.dropSymbol.run(redis, keys, args);
  }
}

/** The keys of a partition that do not belong to one day, in the order that restamp.lua and drop-symbol.lua expect. */
function tableKeys(layout: SessionLayout, partition: number): string[] {
  const keys = layout.keysOf(partition);
  const { meta, retry, dirty, errors, refused, history, emitted, outside, refusedAhead, repositoryRefused } = keys;
  return [meta, retry, dirty, errors, refused, history, emitted, outside, refusedAhead, repositoryRefused];
}
