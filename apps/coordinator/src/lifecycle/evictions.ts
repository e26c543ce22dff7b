/**
 * Watches the session Redis for evicted keys. Without its settings of the documents (`noeviction`) a full server evicts keys, and a
 * chunk that is gone looks like bars that never were. Sessions warn while the server may do so, and a session that lacks bars is `lost`.
 */
import { SessionStateError, type SessionState } from '@barkeep/bar-repository';
import { countMissingBars, emitState, setControl } from '@barkeep/session-data';
import { layoutOf, type SessionRecord, type Servers } from './session-row.js';

/** States of sessions that have a store. */
export const STORED_STATES = [
  'running',
  'waiting-upkeep',
  'paused',
  'stopped',
  'completed',
] as const satisfies readonly SessionState[];

export class Evictions {
  /** What the warnings of sessions say: one text, or none while the server evicts no key of a session. */
  warning: readonly string[] = [];
  private evicted = 0;
  private mustCheck = false;

  constructor(private readonly servers: Servers) {}

  /** @returns whether keys were evicted since the last call of {@link checked}; false when the server does not show it */
  async look(): Promise<boolean> {
    const info = await this.servers.redis.info().catch(() => '');
    const [before] = this.warning;
    const now = evictionWarning(info);
    this.warning = now === undefined ? [] : [now];
    if (now !== undefined && now !== before) this.servers.warn('the session Redis may evict bars', new Error(now));
    const evicted = Number(fieldOf(info, 'evicted_keys') ?? this.evicted);
    this.mustCheck ||= evicted > this.evicted;
    this.evicted = evicted;
    return this.mustCheck;
  }

  /** All sessions were checked. */
  checked(): void {
    this.mustCheck = false;
  }

  /** Ends a session that lacks bars as `lost`; a start streams it again. */
  async check(row: SessionRecord): Promise<void> {
    const { redis, keyPrefix, sessions, warn } = this.servers;
    if (!row.checkpoint || !(STORED_STATES as readonly SessionState[]).includes(row.state)) return;
    const layout = layoutOf(row, keyPrefix);
    const missing = await countMissingBars(redis, layout);
    if (missing === 0) return;
    const error = `the session Redis evicted ${missing} of the session's bars: expected maxmemory-policy noeviction`;
    warn(`session ${row.id} is lost`, new Error(error));
    try {
      const lost = await sessions.transition(row.id, STORED_STATES, 'lost', { error });
      await setControl(redis, layout, lost.epoch, 'stop');
      await emitState(redis, layout, 'lost', error);
    } catch (cause) {
      // Another coordinator, or a call, was faster.
      if (!(cause instanceof SessionStateError)) throw cause;
    }
  }
}

/** @param info the answer to INFO. Pure. */
export function evictionWarning(info: string): string | undefined {
  const policy = fieldOf(info, 'maxmemory_policy') ?? '';
  // The other policies evict only keys that expire, and sessions have none.
  if (!policy.startsWith('allkeys') || fieldOf(info, 'maxmemory') === '0') return undefined;
  return `the session Redis evicts bars when it is full: expected maxmemory-policy noeviction, was ${policy}`;
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}
