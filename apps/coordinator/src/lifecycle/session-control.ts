/**
 * Makes the store of a session follow its row in Postgres. The row decides whether the session is to run, pause or stop. The control
 * in the store, which the stream reads with every write, is a copy of that decision; the state event announces it.
 *
 * The call that changed the row, the stream that claims the session, and every round of the reconciler update the store. So a control
 * that could not be written, or that the store lost, is written as soon as the store can be reached.
 */
import { SessionStateError, type SessionState } from '@barkeep/bar-repository';
import { emitState, isBehind, readControl, SessionConsumers, setControl, type Control } from '@barkeep/session-data';
import { ofPostgres } from './away-servers.js';
import { isActive, layoutOf, type SessionRecord, type Servers } from './session-row.js';
import { addJobs } from './upkeep-request.js';

/** How many times one call tries again because the row changed meanwhile. */
const TRIES_MAX = 20;

/** The control of a session in this state; undefined for a state in which no stream follows a control. */
export function controlOf(state: SessionState): Exclude<Control, 'reload'> | undefined {
  if (isActive({ state })) return 'run';
  if (state === 'paused') return 'pause';
  return state === 'stopped' ? 'stop' : undefined;
}

/** The control that the store needs in this state: as {@link controlOf}, but `stop` for a failed session, which ends its upkeep. */
function storedControlOf(state: SessionState): ReturnType<typeof controlOf> {
  return state === 'failed' ? 'stop' : controlOf(state);
}

export class SessionControl {
  constructor(private readonly servers: Servers) {}

  /**
   * Writes the control of a row, if its state has one, into the store and emits the state. Then reads the row again, and repeats both
   * if the state has changed: the slower of two calls must not leave an outdated control or event. The store refuses the control of a
   * row that is older than its last claim (`stale`).
   * @returns the row as it was read last @throws what Postgres or Redis throw
   */
  async follow(row: SessionRecord): Promise<SessionRecord> {
    const { redis, keyPrefix, sessions } = this.servers;
    let current = row;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const { state, epoch, error } = current;
      const control = storedControlOf(state);
      const layout = layoutOf(current, keyPrefix);
      const isStale = control !== undefined && (await setControl(redis, layout, epoch, control)) === 'stale';
      if (!isStale) await emitState(redis, layout, state, error);
      const latest = await ofPostgres(sessions.reread(row));
      if (!latest) return current;
      const isUnchanged = latest.state === state || (isActive(latest) && isActive(current));
      if (!isStale && isUnchanged) return latest;
      current = latest;
    }
    return current;
  }

  /** Writes the control of a row if the store has another control. A session without a store needs none. */
  async repair(row: SessionRecord): Promise<void> {
    const expected = storedControlOf(row.state);
    if (expected === undefined || !row.checkpoint) return;
    const { redis, keyPrefix, sessions } = this.servers;
    const stored = await readControl(redis, layoutOf(row, keyPrefix));
    if (stored === undefined) return;
    // A claim raises the epoch in Postgres first. A higher one in the store means that Postgres lost commits: every claim would fail.
    if (stored.epoch > row.epoch) await sessions.raiseEpoch(row, stored.epoch);
    if (stored.control === expected) return;
    // The row may have been read long ago: listeners must not see `failed` of a session that was started again.
    const latest = await sessions.reread(row);
    if (!latest) return;
    const expectedNow = storedControlOf(latest.state);
    if (expectedNow !== undefined && expectedNow !== stored.control) await this.follow(latest);
  }

  /**
   * Checks that the store of a completed session has its clock at the end, and only retained days. If not, the store lost its newest
   * writes, and the session runs again from the position of its store, to the same result (invariant I1 of docs/ARCHITECTURE.md). Consumers
   * that are gone do not hold the clock again: they may have had all bars. A session whose whole store is gone is `lost` instead.
   * @returns the row after that @throws what Postgres or Redis throw
   */
  async reopenIfBehind(row: SessionRecord): Promise<SessionRecord> {
    const { sessions, redis, keyPrefix, producer, warn } = this.servers;
    if (row.state !== 'completed' || !row.checkpoint) return row;
    const layout = layoutOf(row, keyPrefix);
    if (!(await isBehind(redis, layout, layout.end))) return row;
    if (row.spec.pace.mode === 'lockstep') await new SessionConsumers(redis, layout).noteReopened();
    let reopened: SessionRecord;
    try {
      const patch = { incrementRun: true, error: null };
      reopened = await ofPostgres(sessions.transition(row, ['completed'], 'running', patch));
    } catch (error) {
      // Another coordinator has already reopened it.
      if (error instanceof SessionStateError) return ofPostgres(sessions.get(row.id));
      throw error;
    }
    const cause = 'the clock of the store is before the end of the session, or days that were removed are back';
    warn(`session ${row.id}: its store lost writes after it completed; the rest is streamed again`, new Error(cause));
    const orWarn = (error: unknown) => warn(`session ${row.id}: the reconciler starts it`, error);
    await Promise.all([this.follow(reopened).catch(orWarn), addJobs(producer, reopened).catch(orWarn)]);
    return reopened;
  }
}
