/** Waits for new entries of a session's event streams. Such a read blocks its connection, so this one is used for nothing else. */
import { bulkOptions, endTimerOnClose, type EventEntry } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { BLOCKING_CLOSE_MS } from '../outage.js';
import { effectOf, isChange, type EntryEffect } from './stream-entry.js';

/** Maximum number of entries that one read takes of each stream. */
const ENTRIES_MAX = 1_000;

export class EventWatch {
  private readonly redis: Redis;

  /** @param redis has the server's address; the watch opens its own connection */
  constructor(redis: Redis) {
    this.redis = redis.duplicate({
      ...bulkOptions(redis.options),
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      disconnectTimeout: BLOCKING_CLOSE_MS,
      lazyConnect: true,
    });
    // ioredis reconnects, and the connection that loads bars reports the error.
    endTimerOnClose(this.redis).on('error', () => undefined);
  }

  /**
   * Waits for entries. @returns their effects; empty when none came in time
   * @param lastIds by stream, the id of the last seen entry; the first stream has the public events. Gets the ids of the new entries
   * @throws the error of the connection, when it was cut
   */
  async next(lastIds: Map<string, string>, blockMs: number): Promise<EntryEffect[]> {
    const streams = [...lastIds.keys(), ...lastIds.values()]; // XREAD takes all keys, then their ids
    const reply = await this.redis.xread('COUNT', ENTRIES_MAX, 'BLOCK', blockMs, 'STREAMS', ...streams);
    const [publicEvents] = lastIds.keys();
    const { keyPrefix = '' } = this.redis.options; // the connection adds it to keys that it sends, but leaves it in replies
    const effects: EntryEffect[] = [];
    for (const [stream, entries] of (reply ?? []) as [key: string, EventEntry[]][]) {
      const key = stream.slice(keyPrefix.length);
      lastIds.set(key, entries.at(-1)?.[0] ?? lastIds.get(key)!);
      for (const [, fields] of entries) {
        if (key === publicEvents && isChange(fields)) continue; // repeats an entry of a stream of changes
        effects.push(effectOf(fields));
      }
    }
    return effects;
  }

  close(): void {
    this.redis.disconnect();
  }
}
