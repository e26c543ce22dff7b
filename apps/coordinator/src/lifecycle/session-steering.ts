/**
 * Starts, pauses, resumes and stops sessions. Each call first changes the row in Postgres, which decides between competing calls.
 * Then it updates the other servers: the store gets the control, the queue gets the job. When a server is away at that moment, the
 * reconciler or the stream updates it later. A call may be repeated: the session ends up in the same state.
 */
import type { SessionAnswer } from '@barkeep/api';
import {
  ACTIVE_STATES,
  SessionStateError,
  UnknownSessionError,
  withSessionLock,
  type SessionRepository,
  type SessionState,
} from '@barkeep/bar-repository';
import { probeWrite } from '@barkeep/observe';
import { isOutage, removeSession } from '@barkeep/session-data';
import { serverAway } from './away-servers.js';
import { controlOf } from './session-control.js';
import { lockKeeper } from './session-removal.js';
import { layoutOf, type SessionRecord } from './session-row.js';
import { addJobs } from './upkeep-request.js';
import type { SessionViews } from './session-views.js';
import type { SharedParts } from './shared-parts.js';

type TransitionPatch = Parameters<SessionRepository['transition']>[3];

/** States from which a session can be started. */
const STARTABLE = ['created', 'paused', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** What a start changes besides the state. */
const START = { incrementRun: true, error: null } as const satisfies TransitionPatch;

/** Each call throws UnknownSessionError, SessionStateError, or an outage when the row could not be changed. */
export class SessionSteering {
  constructor(
    private readonly parts: Pick<
      SharedParts,
      'control' | 'dataSource' | 'keyPrefix' | 'producer' | 'queueRedis' | 'redis' | 'sessions'
    >,
    private readonly views: SessionViews,
  ) {}

  /** Starts or continues a session; one that already runs is left unchanged. */
  start(id: string): Promise<SessionAnswer> {
    return this.run(id, STARTABLE);
  }

  resume(id: string): Promise<SessionAnswer> {
    return this.run(id, ['paused']);
  }

  async pause(id: string): Promise<SessionAnswer> {
    const row = await this.parts.sessions.get(id);
    return this.updateServers(await this.changeState(row, ACTIVE_STATES, 'paused'));
  }

  async stop(id: string): Promise<SessionAnswer> {
    const { producer, sessions } = this.parts;
    const row = await this.changeState(await sessions.get(id), [...ACTIVE_STATES, 'paused'], 'stopped');
    return this.updateServers(row, producer.unschedule(row.incarnation));
  }

  /** Adds the jobs of a session that was created as `running`. */
  startCreated(row: SessionRecord): Promise<SessionAnswer> {
    return this.updateServers(row, addJobs(this.parts.producer, row));
  }

  /** Checks that a start could write to both Redis servers. @throws an outage when one of them is away or takes no writes */
  async checkWrites(): Promise<void> {
    const { redis, queueRedis, keyPrefix } = this.parts;
    await Promise.all([probeWrite(redis, keyPrefix), probeWrite(queueRedis, keyPrefix)]);
  }

  /** Changes the state to `running`, unless the session is active, and adds its jobs. */
  private async run(id: string, from: readonly SessionState[]): Promise<SessionAnswer> {
    const row = await this.parts.sessions.get(id);
    const needsNewStore = row.state === 'lost' && from.includes(row.state);
    const running = needsNewStore ? await this.runLost(row, from) : await this.changeState(row, from, 'running', START);
    return this.startCreated(running);
  }

  /**
   * Changes the state of a lost session to `running`. The stream creates a new store, and keys of the old one must not become part of
   * it. So one call at a time removes these keys: the slower of two calls would remove those of the new store.
   */
  private runLost(row: SessionRecord, from: readonly SessionState[]): Promise<SessionRecord> {
    const { dataSource, redis, keyPrefix } = this.parts;
    return withSessionLock(dataSource, row, async (membership, manager) => {
      const wasRemoved = membership === undefined;
      if (wasRemoved) throw new UnknownSessionError(row.id); // another session may have its id now, whose lock this is not
      const sessions = this.parts.sessions.within(manager);
      const current = await sessions.get(row.id);
      const isLost = current.state === 'lost';
      // The keys of a symbol that joined and left are not in the layout. They remain when the store was broken or away as it left.
      const options = { mustScan: Boolean(current.membership), onBatch: lockKeeper(manager) };
      if (isLost) await removeSession(redis, layoutOf(current, keyPrefix), options);
      return this.changeState(current, from, 'running', { ...START, forgetCheckpoint: isLost }, sessions);
    });
  }

  /**
   * Changes the state in the row, unless the row already has it: a repeated call gives the same result, also while the first one is
   * being answered. A session that is `waiting-upkeep` runs already.
   */
  private async changeState(
    row: SessionRecord,
    from: readonly SessionState[],
    to: 'running' | 'paused' | 'stopped',
    patch?: TransitionPatch,
    sessions = this.parts.sessions,
  ): Promise<SessionRecord> {
    const hasState = ({ state }: SessionRecord) => controlOf(state) === controlOf(to);
    if (hasState(row)) return row;
    try {
      return await sessions.transition(row, from, to, patch);
    } catch (error) {
      if (!(error instanceof SessionStateError)) throw error;
      const current = await sessions.get(row.id);
      if (hasState(current)) return current;
      throw error;
    }
  }

  /**
   * Updates the store, and waits for that update and for the update of the queue. The reconciler later updates a server that is away.
   * @param queueUpdate the update of the queue, in progress; undefined when the queue needs none
   * @returns the view of the session; it names the servers that are away @throws errors other than outages
   */
  private async updateServers(row: SessionRecord, queueUpdate?: Promise<unknown>): Promise<SessionAnswer> {
    const [stored, queued] = await Promise.allSettled([this.parts.control.follow(row), queueUpdate]);
    const awayOf = (result: PromiseSettledResult<unknown>, serverOf: (outage: Error) => string) => {
      if (result.status === 'fulfilled') return [];
      if (!isOutage(result.reason)) throw result.reason;
      return [serverOf(result.reason)];
    };
    const away = [...awayOf(stored, serverAway), ...awayOf(queued, () => 'the queue Redis')];
    return away.length > 0 ? this.views.viewWithoutServer(row, away) : this.views.view(row);
  }
}
