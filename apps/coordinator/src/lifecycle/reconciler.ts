/**
 * Repairs in rounds what a crash or an outage left behind: missing jobs, upkeep schedulers, certificates and state events, controls
 * that differ from the row, stores that lost data, keys of removed sessions. Also removes expired sessions. Every coordinator does
 * all of this; doing it twice is harmless.
 */
import { hasRemoved, removedAmong, type SessionState } from '@barkeep/bar-repository';
import { ReturnedKeys } from '@barkeep/session-data';
import { releaseLostLocks, runLateJobs } from '@barkeep/upkeep-queues';
import { setTimeout as sleep } from 'node:timers/promises';
import { orWarn, SessionRepairs } from './session-repairs.js';
import type { SessionRecord } from './session-row.js';
import type { SharedParts } from './shared-parts.js';

/** How many completed sessions are compared with their stores at the same time. */
const COMPARED_AT_ONCE = 50;
/** Scans per round for keys of removed sessions; each checks about a thousand keys of the session Redis. */
const SWEEP_CALLS = 10;
/** Most sessions per state that one round checks, the newest first. */
const SESSIONS_MAX = 1_000;

export class Reconciler {
  private rounds: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  /** Aborted when the next round must start at once, and when the reconciler stops. */
  private due = new AbortController();
  private readonly repairs: SessionRepairs;
  /** What {@link startLong} has started and has not ended. */
  private readonly longWork = new Set<string>();
  private readonly returnedKeys: ReturnedKeys;
  /** Whether the next round must check all keys of the session Redis. */
  private mustSweepAll = true;

  constructor(private readonly parts: SharedParts) {
    const { redis, keyPrefix, dataSource } = parts;
    this.repairs = new SessionRepairs(parts);
    this.returnedKeys = new ReturnedKeys(redis, keyPrefix, (ids) => removedAmong(dataSource, ids));
  }

  /** Starts the first round after `everyMs`, and each further one `everyMs` after the last one ended. */
  start(everyMs: number): void {
    this.rounds = this.doRounds(everyMs);
  }

  /** Starts no more rounds, and waits for the end of the current one. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.due.abort();
    await this.rounds;
  }

  /**
   * Called when the session Redis is back, perhaps without its newest writes, and without the changes that calls made meanwhile to rows.
   * The next round starts at once, or at the end of the current one, and checks everything.
   */
  onStoreReturned(): void {
    this.repairs.forgetDone();
    this.mustSweepAll = true;
    this.due.abort();
  }

  private async doRounds(everyMs: number): Promise<void> {
    for (;;) {
      await sleep(everyMs, undefined, { signal: this.due.signal }).catch(() => undefined); // rejects when `due` ends it
      if (this.stopping.signal.aborted) return;
      this.due = new AbortController(); // before the round: the store may come back again during it
      await this.reconcile().catch((error: unknown) => this.parts.warn('a round of the reconciler failed', error));
    }
  }

  /** Does one round. @throws outages */
  async reconcile(): Promise<void> {
    try {
      await this.repairAll();
    } finally {
      // Also after repairs that failed: a full session Redis refuses what they write, and these removals make room in it.
      this.startLong('expired sessions are removed later', () => this.removeAll());
    }
    const { certificates } = this.parts;
    this.startLong('certificates are kept later', () => certificates.catchUp(this.stopping.signal));
  }

  /**
   * Starts work, unless the same work is in progress. No round and no stop waits for it, because it takes long for a large session. An
   * error is logged, and a later round starts the work again.
   * @param failure the text to log with an error; also the name of the work
   */
  private startLong(failure: string, work: () => Promise<void>): void {
    if (this.longWork.has(failure)) return;
    this.longWork.add(failure);
    const logged = (error: unknown) => {
      // After a stop the error comes from the closed connections.
      if (!this.stopping.signal.aborted) this.parts.warn(failure, error);
    };
    void work()
      .catch(logged)
      .finally(() => this.longWork.delete(failure));
  }

  /** Repairs sessions and jobs. @throws outages */
  private async repairAll(): Promise<void> {
    const { repairs } = this;
    const { evictions, sessions, queueRedis, queues, queuePrefix } = this.parts;
    await this.eachOf(await sessions.unfinished(), (row) => repairs.unfinished(row));
    // Jobs that BullMQ would never run: their locks never expire, or the clock that scheduled them was ahead.
    await releaseLostLocks(queueRedis, queuePrefix);
    await runLateJobs(queueRedis, queues);
    await this.eachIn(['paused', 'stopped', 'failed', 'lost'], (row) => repairs.idle(row));
    await evictions.check((states, work) => this.eachIn(states, work));
    await this.repairCompleted();
  }

  /** Reopens completed sessions whose stores have lost writes since, and repairs the others. */
  private async repairCompleted(): Promise<void> {
    const scheduled = new Set(await this.parts.producer.scheduled());
    const { rows } = await this.parts.sessions.list({ state: 'completed', limit: SESSIONS_MAX });
    await this.eachOf(await this.reopenIfBehind(rows), (row) =>
      this.repairs.completed(row, { isScheduled: scheduled.has(row.incarnation) }),
    );
  }

  /** Reopens completed sessions whose stores have lost writes since. @returns the other ones, which are complete */
  private async reopenIfBehind(rows: readonly SessionRecord[]): Promise<SessionRecord[]> {
    const complete: SessionRecord[] = [];
    const compare = async (row: SessionRecord) => {
      if ((await this.parts.control.reopenIfBehind(row)).state === 'completed') complete.push(row);
    };
    for (let from = 0; from < rows.length; from += COMPARED_AT_ONCE) {
      const batch = rows.slice(from, from + COMPARED_AT_ONCE);
      await Promise.all(batch.map((row) => orWarn(this.parts, row, compare(row))));
    }
    return complete;
  }

  /** Removes expired sessions, and keys of removed ones. @throws outages */
  private async removeAll(): Promise<void> {
    const { sessions, removal } = this.parts;
    await this.eachOf(await sessions.expired(), (row) => removal.removeExpired(row));
    await this.removeReturned();
  }

  /** Removes keys of removed sessions that came back when the session Redis was set back (invariant I9 of docs/ARCHITECTURE.md). */
  private async removeReturned(): Promise<void> {
    if (!(await hasRemoved(this.parts.dataSource))) return;
    const isFullSweep = this.mustSweepAll;
    this.mustSweepAll = false; // before the sweep: the store may come back again during it
    const callsMax = isFullSweep ? Infinity : SWEEP_CALLS;
    const removed = await this.returnedKeys.sweep(callsMax, this.stopping.signal).catch((error: unknown) => {
      this.mustSweepAll ||= isFullSweep; // the next round repeats a full sweep that failed
      throw error;
    });
    if (removed === 0) return;
    const cause = new Error('the session Redis lost its newest writes');
    this.parts.warn(`removed ${removed} keys of removed sessions`, cause);
  }

  /** Works on the newest sessions in each of these states. */
  private async eachIn(states: readonly SessionState[], work: (row: SessionRecord) => Promise<unknown>): Promise<void> {
    for (const state of states) {
      const { rows } = await this.parts.sessions.list({ state, limit: SESSIONS_MAX });
      await this.eachOf(rows, work);
    }
  }

  /** Works on one row after another; an error ends only the work on its row, an outage all of it. */
  private async eachOf(rows: readonly SessionRecord[], work: (row: SessionRecord) => Promise<unknown>): Promise<void> {
    for (const row of rows) await orWarn(this.parts, row, work(row));
  }
}
