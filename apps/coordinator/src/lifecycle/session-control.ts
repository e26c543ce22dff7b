/**
 * Makes the store of a session follow its row in Postgres. The row is the truth: it says whether the session is to run, to pause or to
 * stop. The store's control, which the stream reads with every write, is a copy of it, and so is the state event.
 *
 * The call that changed the row, the stream that claims the session, and every round of the reconciler bring the store in line. So a
 * control that could not be written, or that the store lost, follows as soon as the store can be reached.
 */
import { SessionStateError, type SessionState } from '@barkeep/bar-repository';
import { emitState, isBehind, readControl, setControl, type Control } from '@barkeep/session-data';
import { isActive, layoutOf, type SessionRecord, type Servers } from './session-row.js';
import { addJobs } from './upkeep-request.js';

/** How often one call repeats itself because the row changed meanwhile. */
const TRIES_MAX = 20;

/** The control that a session in this state needs; undefined for a state that no stream has. */
export function controlOf(state: SessionState): Exclude<Control, 'reload'> | undefined {
  if (isActive({ state })) return 'run';
  if (state === 'paused') return 'pause';
  return state === 'stopped' ? 'stop' : undefined;
}

export class SessionControl {
  constructor(private readonly servers: Servers) {}

  /**
   * Writes the control and the state event of a row. Reads the row again after that: of two concurrent calls the slower one would
   * otherwise leave the control of a state that the row no longer has. A row from before the last claim of the store writes nothing.
   * @returns the row as it was read last @throws what Postgres or Redis throw
   */
  async follow(row: SessionRecord): Promise<SessionRecord> {
    const { redis, keyPrefix, sessions } = this.servers;
    let current = row;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const control = controlOf(current.state);
      if (control === undefined) return current;
      const layout = layoutOf(current, keyPrefix);
      const verdict = await setControl(redis, layout, current.epoch, control);
      if (verdict !== 'stale') await emitState(redis, layout, current.state);
      const now = await sessions.find(row.id);
      if (!now || now.incarnation !== row.incarnation) return current;
      if (verdict !== 'stale' && controlOf(now.state) === control) return now;
      current = now;
    }
    return current;
  }

  /** Brings the store of a row in line if its control is another one. A session without a store needs none. */
  async repair(row: SessionRecord): Promise<void> {
    const expected = controlOf(row.state);
    if (expected === undefined || !row.checkpoint) return;
    const { redis, keyPrefix, sessions } = this.servers;
    const stored = await readControl(redis, layoutOf(row, keyPrefix));
    if (stored === undefined) return;
    // A claim raises the epoch in Postgres first. If the store has a higher one, Postgres lost commits, and no claim would pass.
    if (stored.epoch > row.epoch) await sessions.raiseEpoch(row, stored.epoch);
    if (stored.control !== expected) await this.follow(row);
  }

  /**
   * Compares the store of a completed session with its record, which says that the clock reached the end. If the store lost its
   * newest writes, the session runs again from the position of its store. That is sound: what it streams is a function of its spec
   * and its datasets (I1), and every write of the stream may be repeated. A session whose whole store is gone is `lost` instead.
   * @returns the row as it is then @throws what Postgres or Redis throw
   */
  async reopenIfBehind(row: SessionRecord): Promise<SessionRecord> {
    const { sessions, redis, keyPrefix, warn } = this.servers;
    if (row.state !== 'completed' || !row.checkpoint) return row;
    const layout = layoutOf(row, keyPrefix);
    if (!(await isBehind(redis, layout, layout.end))) return row;
    let reopened: SessionRecord;
    try {
      reopened = await sessions.transition(row.id, ['completed'], 'running', { incrementRun: true, error: null });
    } catch (error) {
      // Another coordinator was faster.
      if (error instanceof SessionStateError) return sessions.get(row.id);
      throw error;
    }
    const message = `session ${row.id}: its store lost writes after it completed; the rest is streamed again`;
    warn(message, new Error('the clock of the store is before the end of the session'));
    await this.start(reopened);
    return reopened;
  }

  /** Best effort: the row says `running`, so the reconciler starts what is missing. */
  private async start(row: SessionRecord): Promise<void> {
    const { producer, warn } = this.servers;
    const results = await Promise.allSettled([this.follow(row), addJobs(producer, row)]);
    for (const result of results) {
      if (result.status === 'rejected') warn(`session ${row.id}: the reconciler starts it`, result.reason);
    }
  }
}
