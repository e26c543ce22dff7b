/**
 * Watches the session Redis for evicted keys. With the wrong eviction policy a full server evicts keys, and an evicted chunk looks
 * as if its bars had never existed. Sessions show a warning while that can happen; a session that lacks bars becomes `lost`.
 */
import { ACTIVE_STATES, SessionStateError, type SessionState } from '@barkeep/bar-repository';
import { countMissingBars, emitState, setControl } from '@barkeep/session-data';
import { layoutOf, type SessionRecord, type Servers } from './session-row.js';

/** States of sessions that have a store. */
const STORED_STATES = [...ACTIVE_STATES, 'paused', 'stopped', 'completed'] as const;

export class Evictions {
  /** The warning that every session shows; empty while the server cannot evict keys of sessions. */
  warning: readonly string[] = [];
  /** How many keys the server has evicted since its start, as last seen. */
  private evicted = 0;
  /** Whether keys were evicted since the last check of all sessions. */
  private mustCheck = false;

  constructor(private readonly servers: Servers) {}

  /**
   * Updates the warning. When keys were evicted since the last check, checks all sessions.
   * @param eachOf works on the sessions in these states
   */
  async check(eachOf: (states: readonly SessionState[], work: (row: SessionRecord) => Promise<void>) => Promise<void>) {
    await this.update();
    if (!this.mustCheck) return;
    await eachOf(STORED_STATES, (row) => this.checkSession(row));
    this.mustCheck = false;
  }

  private async update(): Promise<void> {
    const info = await this.servers.redis.info().catch(() => ''); // a server that refuses INFO tells nothing
    const [previous] = this.warning;
    const current = evictionWarning(info);
    this.warning = current === undefined ? [] : [current];
    if (current !== undefined && current !== previous)
      this.servers.warn('the session Redis may evict bars', new Error(current));
    const evicted = Number(fieldOf(info, 'evicted_keys') ?? this.evicted);
    this.mustCheck ||= evicted > this.evicted;
    this.evicted = evicted;
  }

  /** Ends a session as `lost` if it lacks bars; a start streams it again. */
  private async checkSession(row: SessionRecord): Promise<void> {
    const { redis, keyPrefix, sessions, warn } = this.servers;
    if (!row.checkpoint) return; // it has no store yet
    const layout = layoutOf(row, keyPrefix);
    const missing = await countMissingBars(redis, layout);
    if (missing === 0) return;
    const error = `the session Redis evicted ${missing} of the session's bars: expected maxmemory-policy noeviction`;
    warn(`session ${row.id} is lost`, new Error(error));
    try {
      const lost = await sessions.transition(row, STORED_STATES, 'lost', { error });
      await setControl(redis, layout, lost.epoch, 'stop');
      await emitState(redis, layout, 'lost', error);
    } catch (cause) {
      // Another coordinator or a call has already changed the state.
      if (!(cause instanceof SessionStateError)) throw cause;
    }
  }
}

/** The warning for a server that may evict keys of sessions; undefined for any other server. Pure. @param info the answer to INFO */
export function evictionWarning(info: string): string | undefined {
  const policy = fieldOf(info, 'maxmemory_policy') ?? '';
  // The other policies evict no keys, or only keys that expire, and keys of sessions do not expire. 0: no limit of memory.
  if (!policy.startsWith('allkeys') || fieldOf(info, 'maxmemory') === '0') return undefined;
  return `the session Redis evicts bars when it is full: expected maxmemory-policy noeviction, was ${policy}`;
}

/** The value of a field in the answer to INFO; undefined if it has none. */
function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
