/**
 * Starts, pauses, resumes and stops sessions. Each call changes the row in Postgres first, which decides races, and then updates
 * the other servers: the store gets the control, the queue gets the job. When a server is away at that moment, the reconciler or the
 * stream updates it later. Each call may be repeated and leads to the state that it names.
 */
import type { SessionAnswer } from '@barkeep/api';
import { ACTIVE_STATES, type SessionState } from '@barkeep/bar-repository';
import { probeWrite } from '@barkeep/observe';
import { isOutage, removeSession } from '@barkeep/session-data';
import { isActive, layoutOf, type SessionRecord } from './session-row.js';
import { addJobs } from './upkeep-request.js';
import type { SessionViews } from './session-views.js';
import type { SharedParts } from './shared-parts.js';

/** A row that was changed, and the servers that could not be updated. */
interface Changed {
  row: SessionRecord;
  /** The error by the server's name. */
  outages: ReadonlyMap<string, Error>;
}

const STARTABLE = ['created', 'paused', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** @throws each call: UnknownSessionError, SessionStateError, an outage when the row could not be changed */
export class SessionSteering {
  constructor(
    private readonly parts: Pick<
      SharedParts,
      'control' | 'keyPrefix' | 'producer' | 'queueRedis' | 'redis' | 'sessions'
    >,
    private readonly views: SessionViews,
  ) {}

  /** Starts or continues a session; one that already runs stays as it is, so a start may be repeated. */
  async start(id: string): Promise<SessionAnswer> {
    return this.viewOf(await this.run(id, STARTABLE));
  }

  async resume(id: string): Promise<SessionAnswer> {
    return this.viewOf(await this.run(id, ['paused']));
  }

  async pause(id: string): Promise<SessionAnswer> {
    const row = await this.enter(id, ACTIVE_STATES, 'paused');
    return this.viewOf(await this.settle(row));
  }

  async stop(id: string): Promise<SessionAnswer> {
    const row = await this.enter(id, [...ACTIVE_STATES, 'paused'], 'stopped');
    return this.viewOf(await this.settle(row, this.parts.producer.unschedule(row.incarnation)));
  }

  /** Starts a session that a call has just created. When that fails, the session is removed: the call has changed nothing. */
  async startCreated(row: SessionRecord, created: boolean): Promise<SessionAnswer> {
    try {
      const started = await this.run(row.id, STARTABLE);
      const [outage] = created ? started.outages.values() : [];
      if (outage) throw outage;
      return await this.viewOf(started);
    } catch (error) {
      if (created) await this.undoCreate(row);
      throw error;
    }
  }

  /** @throws an outage when the session Redis or the queue Redis is away or takes no writes */
  async checkWrites(): Promise<void> {
    const { redis, queueRedis, keyPrefix } = this.parts;
    await Promise.all([probeWrite(redis, keyPrefix), probeWrite(queueRedis, keyPrefix)]);
  }

  /** Changes the row, unless it already has the state: a repeated call gives the same result. */
  private async enter(id: string, from: readonly SessionState[], to: SessionState): Promise<SessionRecord> {
    const row = await this.parts.sessions.get(id);
    return row.state === to ? row : this.parts.sessions.transition(id, from, to);
  }

  private async run(id: string, from: readonly SessionState[]): Promise<Changed> {
    let row = await this.parts.sessions.get(id);
    if (!isActive(row)) {
      // A lost store is created again: its remaining keys must not be taken for the new ones.
      if (row.state === 'lost') await removeSession(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
      const forgetCheckpoint = row.state === 'lost';
      const patch = { incrementRun: true, error: null, forgetCheckpoint };
      row = await this.parts.sessions.transition(id, from, 'running', patch);
    }
    return this.settle(row, addJobs(this.parts.producer, row));
  }

  /**
   * Updates the store, and waits until both servers have the change of a row. The reconciler updates those that are away now.
   * @throws errors that are no outage
   */
  private async settle(row: SessionRecord, queued?: Promise<unknown>): Promise<Changed> {
    const [stored, jobs] = await Promise.allSettled([this.parts.control.follow(row), queued]);
    const outages = new Map<string, Error>();
    for (const [server, result] of Object.entries({ 'the session Redis': stored, 'the queue Redis': jobs })) {
      if (result.status === 'fulfilled') continue;
      if (!isOutage(result.reason)) throw result.reason;
      outages.set(server, result.reason);
    }
    return { row, outages };
  }

  private async viewOf({ row, outages }: Changed): Promise<SessionAnswer> {
    if (outages.size > 0) return this.views.viewWithoutServer(row, [...outages.keys()]);
    return this.views.view(row);
  }

  /** A failed create leaves no session. Without the row its jobs end, and a stream removes the keys that it created. */
  private async undoCreate(row: SessionRecord): Promise<void> {
    await this.parts.sessions.remove(row.id).catch(() => undefined);
    await this.parts.producer.unschedule(row.incarnation).catch(() => undefined);
  }
}
