/**
 * Runs the job of a session's stream: claims the session, streams it, and records how that ended. If this process fails at any
 * point, another one can do the same again.
 */
import type { SessionState } from '@barkeep/bar-repository';
import { emitState, FencedError, isBrokenStore, isOutage, RewindError, SessionLostError } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlOf, layoutOf, type SessionRecord } from '../lifecycle/index.js';
import { isChanged, SessionStreams, versionOf } from './session-streams.js';
import type { StreamsParts } from './stream-parts.js';

/** Changes of the symbols after which the stream rests for a moment, so that a store and a row that disagree cost little. */
const CHANGES_AT_ONCE = 10;
const CHANGES_PAUSE_MS = 1_000;

export class StreamRunner {
  private readonly streams: SessionStreams;

  constructor(private readonly parts: StreamsParts) {
    this.streams = new SessionStreams(parts);
  }

  /** @returns when the job is done @throws the signal's reason, and outages, which are retried */
  async run(payload: Payload<'stream'>, signal: AbortSignal): Promise<void> {
    for (let changes = 1; await this.runOnce(payload, signal); changes++) {
      signal.throwIfAborted();
      if (changes % CHANGES_AT_ONCE === 0) await sleep(CHANGES_PAUSE_MS, undefined, { signal });
    }
  }

  /**
   * Streams with the symbols that the session has now. When they change, the same job continues: a new job would wait behind
   * those of all other sessions.
   * @returns whether they changed, and the session must be streamed again
   */
  private async runOnce({ sessionId, incarnation, run }: Payload<'stream'>, signal: AbortSignal): Promise<boolean> {
    const { sessions, owner } = this.parts;
    const row = await sessions.find(sessionId);
    if (!row || row.incarnation !== incarnation || row.run !== run) return false;
    const epoch = await sessions.claim(row, owner);
    if (epoch === undefined) return false;
    try {
      const outcome = await this.streams.stream(row, epoch, signal);
      if (outcome === 'changed') return true;
      if (outcome !== 'completed') return await this.rest(row);
      return await this.complete(row, epoch);
    } catch (error) {
      if (error instanceof FencedError) return false;
      // After a RewindError the next try claims what the store holds now.
      if (signal.aborted || error instanceof RewindError || isOutage(error)) throw error;
      // A partition refuses writes of an owner that does not know its current symbols.
      if (error instanceof SessionLostError && (await isChanged(sessions, row))) return true;
      await this.fail(row, epoch, error);
      return false;
    }
  }

  /** @returns whether the symbols changed meanwhile, and the session must be streamed again */
  private async complete(row: SessionRecord, epoch: number): Promise<boolean> {
    const { sessions } = this.parts;
    if (!(await sessions.finish(row, epoch, 'completed', null, versionOf(row)))) return isChanged(sessions, row);
    await this.emitState(row, 'completed');
    await this.certify(row);
    return false;
  }

  private async fail(row: SessionRecord, epoch: number, error: unknown): Promise<void> {
    const { sessions, producer, warn } = this.parts;
    // A start of a lost session makes its store again.
    const state = error instanceof SessionLostError || isBrokenStore(error) ? 'lost' : 'failed';
    warn(`session ${row.id} is ${state}`, error);
    const { message } = error as Error;
    if (await sessions.finish(row, epoch, state, message)) await this.emitState(row, state, message);
    await producer.unschedule(row.incarnation);
  }

  /**
   * Ends the stream of a session that is to pause or stop. The row decides: it may be `running` while the store has `pause`,
   * because a resume was lost or did not reach the store.
   * @returns whether the session must be streamed again
   */
  private async rest({ id, incarnation, run }: SessionRecord): Promise<boolean> {
    const now = await this.parts.sessions.find(id);
    if (now?.incarnation !== incarnation || now.run !== run) return false;
    return controlOf((await this.parts.control.follow(now)).state) === 'run';
  }

  /** Best effort: the reconciler certifies sessions that have no certificate. */
  private async certify(row: SessionRecord): Promise<void> {
    const kept = this.parts.certificates.keep({ ...row, state: 'completed' });
    await kept.catch((error: unknown) => this.parts.warn(`session ${row.id}: no certificate was kept yet`, error));
  }

  /** Best effort: Postgres already holds the state. */
  private async emitState(row: SessionRecord, state: SessionState, error?: string): Promise<void> {
    const { redis, keyPrefix, warn } = this.parts;
    const emitted = emitState(redis, layoutOf(row, keyPrefix), state, error);
    await emitted.catch((reason: unknown) => warn(`session ${row.id}: its state event was not emitted`, reason));
  }
}
