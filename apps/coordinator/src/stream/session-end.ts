/**
 * Ends a session: records its last state in Postgres, and then does what follows from it. An error of this work is only logged, because
 * the reconciler does the work again.
 */
import type { SessionState } from '@barkeep/bar-repository';
import { emitState, isBrokenStore, SessionLostError, setControl } from '@barkeep/session-data';
import { layoutOf, type SessionRecord } from '../lifecycle/index.js';
import type { SharedStreamParts } from './stream-parts.js';

export class SessionEnd {
  constructor(private readonly parts: SharedStreamParts) {}

  /**
   * Ends a session as completed. @param symbolsVersion version of the symbols that were streamed
   * @returns false when the row did not allow it, for example because its symbols have changed meanwhile
   */
  async complete(row: SessionRecord, epoch: number, symbolsVersion: number): Promise<boolean> {
    const { sessions, certificates } = this.parts;
    if (!(await sessions.finish(row, epoch, 'completed', /* error */ null, symbolsVersion))) return false;
    await this.emitState(row, 'completed');
    await this.orWarn('no certificate was kept yet', row, certificates.keep({ ...row, state: 'completed' }));
    return true;
  }

  /** Ends a session as failed, or as lost when its store is gone or broken: then the next start makes a new store. */
  async fail(row: SessionRecord, epoch: number, error: unknown): Promise<void> {
    const { sessions, producer, warn, redis, keyPrefix } = this.parts;
    const state = error instanceof SessionLostError || isBrokenStore(error) ? 'lost' : 'failed';
    const { message } = error as Error;
    // Refused: another call has paused, stopped or removed the session, or another coordinator owns it. Its upkeep stays scheduled.
    if (!(await sessions.finish(row, epoch, state, message))) return;
    warn(`session ${row.id} is ${state}`, error);
    // `stop` ends the requests of upkeep. A later start of the session writes `run`.
    await this.orWarn('its upkeep may go on', row, setControl(redis, layoutOf(row, keyPrefix), epoch, 'stop'));
    await this.emitState(row, state, message);
    await producer.unschedule(row.incarnation);
  }

  private async emitState(row: SessionRecord, state: SessionState, error?: string): Promise<void> {
    const { redis, keyPrefix } = this.parts;
    await this.orWarn('its state was not emitted yet', row, emitState(redis, layoutOf(row, keyPrefix), state, error));
  }

  /** Logs an error of the work. A session that was deleted or lost its store meanwhile needs none of the work. */
  private async orWarn(failure: string, { id }: SessionRecord, work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!(error instanceof SessionLostError)) this.parts.warn(`session ${id}: ${failure}`, error);
    });
  }
}
