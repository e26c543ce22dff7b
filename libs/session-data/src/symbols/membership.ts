/**
 * Updates the list of symbols in a session's store. A new symbol gets a separate partition, and is `joining` (invisible to readers) until
 * it is whole up to the clock. The caller holds the session's lock, which prevents two updates at once.
 */
import { addedPartition, parseMembership, UNCHANGED } from '@barkeep/bars';
import type { Membership } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { FencedError, SessionLostError, SymbolsChangedError } from '../errors.js';
import { SessionLayout } from '../layout/index.js';
import { SCRIPTS, runCommands } from '../redis/index.js';
import { type Fence, forget } from '../stream/index.js';
import { type Leaver, type RemovedSymbols, removeLeavers, tableKeys } from './leavers.js';

/** How many times one call tries a step when the store is set back during each try. */
const TRIES_MAX = 3;

export interface StoredSymbols {
  membership: Membership;
  /** Symbols that readers do not see yet. */
  joining: readonly string[];
  /** The symbols whose data must still be removed after a change, as JSON; '' when there are none. */
  leaving: string;
}

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
 * Does one step of the update of a store to the list of `target`: repeats a removal that was not finished, or else changes the list. The
 * caller removes what is elsewhere of the removed symbols, calls their `finish`, and then takes the next step.
 * @returns undefined when there was nothing to do @throws SessionLostError
 */
export async function updateSymbols(redis: Redis, target: SessionLayout): Promise<RemovedSymbols | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryStep(redis, target);
    } catch (error) {
      if (!(error instanceof SymbolsChangedError) || tries === TRIES_MAX) throw error;
    }
  }
}

/** Tries a step of {@link updateSymbols}. @throws SymbolsChangedError when the store was set back meanwhile */
async function tryStep(redis: Redis, target: SessionLayout): Promise<RemovedSymbols | undefined> {
  const stored = await readSymbols(redis, target);
  const before = withMembership(target, stored.membership);
  if (stored.leaving !== '') return removeLeavers(redis, before, stored.leaving);
  if (stored.membership.version >= target.membership.version) return undefined;
  // A symbol that left and joined again since the stored list is both a leaver and a joiner.
  const isChanged = (symbol: string) => stayOf(before, symbol) !== stayOf(target, symbol);
  const joiners = target.symbols.filter(isChanged);
  const leavers = before.symbols.filter(isChanged).map((symbol): Leaver => {
    const partition = before.partitionOf(symbol)!;
    return { symbol, partition, version: target.membership.stamps[partition]! };
  });
  const retainedFrom = Number(await redis.hget(target.keysOf(0).meta, 'retainedFrom'));
  const leaving = JSON.stringify(leavers);
  // A store that is set back just before its list changes lacks the partitions that had begun. So both are repeated until the list is there.
  do {
    for (const symbol of joiners) await beginPartition(redis, target, target.partitionOf(symbol)!, retainedFrom);
  } while ((await switchList(redis, target, leaving, joiners)) === 'switched');
  return removeLeavers(redis, target, leaving);
}

/**
 * Stores the list of `target` and the leavers (JSON), whose data must be removed.
 * @returns 'there' when the store had the list already @throws SessionLostError
 */
async function switchList(
  redis: Redis,
  target: SessionLayout,
  leaving: string,
  joiners: readonly string[],
): Promise<'switched' | 'there'> {
  const { meta, wake } = target.keysOf(0);
  const args = [target.incarnation, target.membership.version, JSON.stringify(target.membership), leaving, wake];
  const reply = await SCRIPTS.switchSymbols.run(redis, [meta], [...args, ...joiners]);
  if (reply !== 'gone') return reply as 'switched' | 'there';
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
  const reply = await SCRIPTS.beginPartition.run(redis, tableKeys(layout, partition), args);
  if (reply === 'other') throw new SessionLostError(layout.id);
}
