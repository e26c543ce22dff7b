/**
 * Finds and removes keys of removed sessions that exist again, because a server lost its newest writes (I9, docs/ARCHITECTURE.md). Keys of
 * unknown sessions stay. The server checks at each removal that the partition belongs to a removed session.
 * A key is `PREFIX:{ID:PARTITION}:NAME`. Below, `base` is this without `:NAME`.
 */
import type { Redis } from 'ioredis';
import { inBatches } from '../batches.js';
import { KEYS_A_SCAN, scanKeys, scanPattern, SCRIPTS } from '../redis/index.js';

/** Most keys that one script call removes. */
const REMOVED_AT_ONCE = 500;

interface RemovedSessions {
  incarnations: readonly string[];
  /** True when another session has the id now. */
  isTaken: boolean;
}

/** Looks up the removed sessions of some ids. An id without a removed session is not in the answer. */
type FindRemoved = (ids: readonly string[]) => Promise<ReadonlyMap<string, RemovedSessions>>;

export class ReturnedKeys {
  /** Where the next SCAN continues; '0': at the beginning. */
  private cursor = '0';

  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
    private readonly findRemoved: FindRemoved,
  ) {}

  /**
   * Checks the next keys, and starts again after the last one. @param callsMax most SCAN calls; Infinity: up to the last key
   * @param signal ends the sweep early @returns the number of removed keys
   */
  async sweep(callsMax: number, signal: AbortSignal): Promise<number> {
    const pattern = scanPattern(`${this.keyPrefix}:{`);
    let removed = 0;
    for (let call = 0; call < callsMax && !signal.aborted; call++) {
      const [next, keys] = await this.redis.scan(this.cursor, 'MATCH', pattern, 'COUNT', KEYS_A_SCAN);
      // Only the sessions of these keys that were removed are found.
      const ids = [...new Set(keys.flatMap((key) => this.partitionOfKey(key)?.id ?? []))];
      const found = ids.length > 0 ? await this.findRemoved(ids) : [];
      for (const [id, sessions] of found) removed += await this.removeSessions(id, sessions);
      this.cursor = next;
      if (next === '0') break;
    }
    return removed;
  }

  /** Removes the keys of an id's removed sessions, and their number. The meta hashes go last: they show whose partition it is. */
  private async removeSessions(id: string, removed: RemovedSessions): Promise<number> {
    let count = 0;
    const bases = new Set<string>();
    for await (const keys of scanKeys(this.redis, `${this.keyPrefix}:{${id}:`)) {
      for (const base of new Set(keys.flatMap((key) => this.partitionOfKey(key)?.base ?? []))) {
        bases.add(base);
        const others = keys.filter((key) => key.startsWith(`${base}:`) && key !== `${base}:meta`);
        count += await this.removeKeys(base, others, removed);
      }
    }
    for (const base of bases) count += await this.removeKeys(base, [`${base}:meta`], removed);
    return count;
  }

  /** Removes keys of one partition, if it belongs to one of the removed sessions. @returns the number of removed keys */
  private async removeKeys(base: string, keys: readonly string[], removed: RemovedSessions): Promise<number> {
    const isIdFree = removed.isTaken ? '0' : '1';
    const args = [isIdFree, ...removed.incarnations];
    let count = 0;
    for (const batch of inBatches(keys, REMOVED_AT_ONCE)) {
      count += Number(await SCRIPTS.removeKeys.run(this.redis, [`${base}:meta`, ...batch], args));
    }
    return count;
  }

  /** The session id and the base of a key; undefined for a key of another form. */
  private partitionOfKey(key: string): { id: string; base: string } | undefined {
    const afterPrefix = key.slice(this.keyPrefix.length + 1);
    const found = /^\{(.+):\d+\}(?=:)/.exec(afterPrefix);
    if (!found) return undefined;
    const [hashTag, id] = found;
    return { id: id!, base: `${this.keyPrefix}:${hashTag}` };
  }
}
