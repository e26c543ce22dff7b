/**
 * Repairs in rounds what a crash or an outage left behind: missing jobs, upkeep schedulers, certificates and state events, controls
 * that differ from the row, stores that lost data, keys of removed sessions. Also removes expired sessions. Every coordinator does
 * all of this; doing it twice is harmless.
 */
import { hasRemoved, removedAmong, UnknownSessionError, type SessionState } from '@barkeep/bar-repository';
import { UnknownCalendarError } from '@barkeep/bars';
import { isOutage, ReturnedKeys, UpkeepStore } from '@barkeep/session-data';
import { releaseLostLocks, runLateJobs } from '@barkeep/upkeep-queues';
import { STORED_STATES } from './evictions.js';
import { layoutOf, refOf, type SessionRecord } from './session-row.js';
import { scheduleUpkeep } from './upkeep-request.js';
import type { SharedParts } from './shared-parts.js';

/** How many completed sessions are compared with their stores at the same time. */
const COMPARED_AT_ONCE = 50;
/** Scans per round for keys of removed sessions; each checks about a thousand keys of the session Redis. */
const SWEEP_CALLS = 10;
/** Most sessions per state that one round checks, the newest first. */
const SESSIONS_MAX = 1_000;
/** Most emitted states that are remembered. */
const EMITTED_MAX = 10_000;

export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  /** What {@link startLong} has started and has not ended. */
  private readonly longWork = new Set<string>();
  /** Incarnations of completed sessions that {@link isSettled} found to have nothing left to repair: they are not checked again. */
  private settled = new Set<string>();
  /** States of sessions without a stream that were emitted: they are not emitted again. */
  private readonly emitted = new Set<string>();
  private readonly returnedKeys: ReturnedKeys;
  /** Whether the next round must check all keys of the session Redis. */
  private mustSweepAll = true;

  constructor(private readonly parts: SharedParts) {
    const { redis, keyPrefix, dataSource } = parts;
    this.returnedKeys = new ReturnedKeys(redis, keyPrefix, (ids) => removedAmong(dataSource, ids));
  }

  /** Starts the first round after `everyMs`, and each further one `everyMs` after the last one ended. */
  start(everyMs: number): void {
    this.timer = setTimeout(() => {
      this.round = this.reconcile()
        .catch((error: unknown) => this.parts.warn('a round of the reconciler failed', error))
        .finally(() => this.timer && this.start(everyMs)); // no timer: `stop` was called
    }, everyMs);
  }

  /** Starts no more rounds, and waits for the end of the current one. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stopping.abort();
    await this.round;
  }

  /** Called when the session Redis is back, perhaps without its newest writes: the next round checks everything. */
  onStoreReturned(): void {
    this.settled = new Set();
    this.emitted.clear();
    this.mustSweepAll = true;
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
    const { sessions, queueRedis, queues, queuePrefix } = this.parts;
    await this.eachOf(await sessions.unfinished(), (row) => this.repairUnfinished(row));
    // Jobs that BullMQ would never run: their locks never expire, or the clock that scheduled them was ahead.
    await releaseLostLocks(queueRedis, queuePrefix);
    await runLateJobs(queueRedis, queues);
    await this.eachIn(['paused', 'stopped', 'failed', 'lost'], (row) => this.repairIdle(row));
    await this.checkEvictions();
    await this.repairCompleted();
  }

  /** Removes expired sessions, and keys of removed ones. @throws outages */
  private async removeAll(): Promise<void> {
    const { sessions, removal } = this.parts;
    await this.eachOf(await sessions.expired(), (row) => removal.removeExpired(row));
    await this.removeReturned();
  }

  /** A session that runs or is to run: repairs its symbols and its control, and adds its jobs if they are missing. */
  private async repairUnfinished(row: SessionRecord): Promise<void> {
    const { changes, control, producer } = this.parts;
    await changes.repair(row);
    await control.repair(row);
    const stream = { ...refOf(row), run: row.run };
    if (!(await producer.isStreamQueued(stream))) await producer.add('stream', stream);
    await scheduleUpkeep(producer, row);
  }

  /**
   * A session that neither runs nor is complete. While the session Redis was away, it may have been paused or stopped, or have failed, and
   * symbols may have joined or left it: the store must follow.
   */
  private async repairIdle(row: SessionRecord): Promise<void> {
    if (row.state !== 'lost') await this.parts.changes.repair(row); // a lost store may be broken
    await this.parts.control.repair(row);
    await this.emitState(row);
    if (row.state === 'paused') await scheduleUpkeep(this.parts.producer, row); // a pause stops the clock, not the repairs
  }

  /** When the session Redis may have evicted keys, compares the counts of every session with its stored bars. */
  private async checkEvictions(): Promise<void> {
    const { evictions } = this.parts;
    if (!(await evictions.update())) return;
    await this.eachIn(STORED_STATES, (row) => evictions.checkSession(row));
    evictions.allChecked();
  }

  /** Reopens completed sessions whose stores lost writes. Repairs the others, and schedules their upkeep until they are settled. */
  private async repairCompleted(): Promise<void> {
    const scheduled = new Set(await this.parts.producer.scheduled());
    const { rows } = await this.parts.sessions.list({ state: 'completed', limit: SESSIONS_MAX });
    const settledBefore = this.settled;
    const settledNow = new Set<string>(); // a new set, so that removed sessions do not stay in it
    await this.eachOf(await this.reopenIfBehind(rows), async (row) => {
      const { incarnation, spec } = row;
      await this.parts.changes.repair(row);
      await this.emitState(row);
      if (!spec.upkeep.enabled || scheduled.has(incarnation)) return;
      const isSettled = settledBefore.has(incarnation) || (await this.isSettled(row));
      if (!isSettled) await scheduleUpkeep(this.parts.producer, row);
      // A fed session is checked in each round: a late bar makes new work for it, and the request for upkeep may be lost.
      else if (spec.source.type !== 'feed') settledNow.add(incarnation);
    });
    // When the store has returned meanwhile, the next round must check all of them again.
    if (this.settled === settledBefore) this.settled = settledNow;
  }

  /** Reopens completed sessions whose stores have lost writes since. @returns the other ones, which are complete */
  private async reopenIfBehind(rows: readonly SessionRecord[]): Promise<SessionRecord[]> {
    const complete: SessionRecord[] = [];
    const compare = async (row: SessionRecord) => {
      if ((await this.parts.control.reopenIfBehind(row)).state === 'completed') complete.push(row);
    };
    for (let from = 0; from < rows.length; from += COMPARED_AT_ONCE) {
      const batch = rows.slice(from, from + COMPARED_AT_ONCE);
      await Promise.all(batch.map((row) => this.orWarn(row, compare(row))));
    }
    return complete;
  }

  /** Whether a completed session has nothing left to repair, or cannot be read any more. @throws outages */
  private async isSettled(row: SessionRecord): Promise<boolean> {
    try {
      return await new UpkeepStore(this.parts.redis, layoutOf(row, this.parts.keyPrefix)).isSettled();
    } catch (error) {
      if (isOutage(error)) throw error;
      return true;
    }
  }

  /** Emits the state of a session that no stream owns: a crash or an outage may have prevented it. */
  private async emitState(row: SessionRecord): Promise<void> {
    const entry = `${row.incarnation} ${row.run} ${row.state}`;
    if (this.emitted.has(entry)) return;
    // The row may have been read long ago: listeners must not see `failed` of a session that was started again.
    if ((await this.parts.sessions.stateOf(row)) !== row.state) return;
    await this.orWarn(row, this.parts.control.follow(row));
    if (this.emitted.size >= EMITTED_MAX) this.emitted.clear(); // harmless: the store does not repeat the state that it emitted last
    this.emitted.add(entry);
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
    for (const row of rows) await this.orWarn(row, work(row));
  }

  /** Logs an error of one session, so that it does not end the round. An outage does end it, and the next round tries again. */
  private async orWarn({ id }: SessionRecord, work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (isOutage(error)) throw error;
      // Another coordinator may have removed the session first.
      if (error instanceof UnknownCalendarError || error instanceof UnknownSessionError) return;
      this.parts.warn(`session ${id} could not be checked`, error);
    });
  }
}
