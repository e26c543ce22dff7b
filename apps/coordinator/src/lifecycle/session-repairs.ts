/**
 * Repairs one session by its row: what a crash or an outage left behind in its store and its queues. The reconciler calls this in rounds,
 * in every coordinator; doing it twice is harmless. Each method throws outages and the errors of one broken session.
 */
import { UnknownSessionError } from '@barkeep/bar-repository';
import { UnknownCalendarError } from '@barkeep/bars';
import { isOutage, UpkeepStore } from '@barkeep/session-data';
import { layoutOf, streamRefOf, type Servers, type SessionRecord } from './session-row.js';
import type { SharedParts } from './shared-parts.js';
import { scheduleUpkeep } from './upkeep-request.js';

/** Most entries of {@link SessionRepairs.done}. */
const DONE_MAX = 10_000;

export class SessionRepairs {
  /** What was done and is not repeated: the states that were emitted, and the sessions that were found settled. */
  private done = new Set<string>();

  constructor(private readonly parts: SharedParts) {}

  /** Called when the session Redis is back, perhaps without its newest writes: everything is done again. */
  forgetDone(): void {
    this.done = new Set();
  }

  /** A session that runs or is to run: repairs its symbols and its control, and adds its jobs if they are missing. */
  async unfinished(row: SessionRecord): Promise<void> {
    const { changes, control, producer } = this.parts;
    await changes.repair(row);
    await control.repair(row);
    const stream = streamRefOf(row);
    if (!(await producer.isStreamQueued(stream))) await producer.add('stream', stream);
    await scheduleUpkeep(producer, row);
  }

  /**
   * A session that neither runs nor is complete. While the session Redis was away, it may have been paused or stopped, or have failed, and
   * symbols may have joined or left it: the store must follow.
   */
  async idle(row: SessionRecord): Promise<void> {
    const { changes, control, producer } = this.parts;
    await changes.repair(row);
    await control.repair(row);
    await this.emitState(row);
    if (row.state === 'paused') await scheduleUpkeep(producer, row); // a pause stops the clock, not the repairs
  }

  /** A completed session whose store has lost no writes. Its upkeep is scheduled until it is settled. */
  async completed(row: SessionRecord, { isScheduled }: { isScheduled: boolean }): Promise<void> {
    await this.parts.changes.repair(row);
    await this.emitState(row);
    // A session that was scheduled again has work again.
    if (isScheduled) this.done.delete(settledEntry(row));
    else if (row.spec.upkeep.enabled && !(await this.isSettled(row))) await scheduleUpkeep(this.parts.producer, row);
  }

  /** Emits the state of a session that no stream owns: a crash or an outage may have prevented it. */
  private async emitState(row: SessionRecord): Promise<void> {
    const { done, parts } = this;
    const entry = `emitted ${row.incarnation} ${row.run} ${row.state}`;
    if (done.has(entry)) return;
    // The row may have been read long ago: listeners must not see `failed` of a session that was started again.
    if ((await parts.sessions.stateOf(row)) !== row.state) return;
    await orWarn(parts, row, parts.control.follow(row));
    note(done, entry);
  }

  /** Whether a completed session has nothing left to repair, or cannot be read any more. @throws outages */
  private async isSettled(row: SessionRecord): Promise<boolean> {
    const { done, parts } = this;
    const entry = settledEntry(row);
    if (done.has(entry)) return true;
    const isSettled = await new UpkeepStore(parts.redis, layoutOf(row, parts.keyPrefix))
      .isSettled()
      .catch((error: unknown) => {
        if (isOutage(error)) throw error;
        return true;
      });
    // A fed session is checked in each round: a late bar makes new work for it, and the request for upkeep may be lost.
    if (isSettled && row.spec.source.type !== 'feed') note(done, entry);
    return isSettled;
  }
}

/** Has the run: a session that was lost and started again makes a new store, which may have new work. */
const settledEntry = ({ incarnation, run }: SessionRecord) => `settled ${incarnation} ${run}`;

/** Adds an entry. A full set is emptied first, which is harmless: its work is done again. */
function note(done: Set<string>, entry: string): void {
  if (done.size >= DONE_MAX) done.clear();
  done.add(entry);
}

/** Logs an error of one session, so that it does not end the work on others. @throws outages: they concern all sessions */
export async function orWarn(
  { warn }: Pick<Servers, 'warn'>,
  { id }: SessionRecord,
  work: Promise<unknown>,
): Promise<void> {
  await work.catch((error: unknown) => {
    if (isOutage(error)) throw error;
    // Another coordinator may have removed the session first.
    if (error instanceof UnknownCalendarError || error instanceof UnknownSessionError) return;
    warn(`session ${id} could not be checked`, error);
  });
}
