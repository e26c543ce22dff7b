/**
 * Reads the API's views of sessions: the row in Postgres, with the position and figures in the store. A store that is away, lost or broken
 * fails no view: then the row alone is shown, with the reason.
 */
import { isoTime, type SessionAnswer } from '@barkeep/api';
import { SessionStateError, UnknownSessionError, type SessionState } from '@barkeep/bar-repository';
import { UNCHANGED, UnknownCalendarError } from '@barkeep/bars';
import {
  isBrokenStore,
  isOutage,
  OpenSession,
  readStreamFigures,
  SessionConsumers,
  SessionLostError,
  type View,
} from '@barkeep/session-data';
import { RecentMap } from '@barkeep/service';
import { upkeepSilentMs } from '@barkeep/upkeep-queues';
import { serverAway } from './away-servers.js';
import { DatasetWarnings } from './dataset-warnings.js';
import { historyView } from './history-view.js';
import { consumerAnswer, figureAnswers, rowAnswer, streamUpTo, withKindOnly } from './session-answer.js';
import { layoutOf, streamRefOf, type SessionRecord } from './session-row.js';
import { SessionWaiting } from './session-waiting.js';
import { intervalWarnings, outsideWarnings, timeoutWarnings } from './session-warnings.js';
import type { SharedParts } from './shared-parts.js';

/** Most sessions whose opened data is kept. */
const SESSIONS_KEPT = 500;
/** A session that is to be marked as lost may be locked by another call that changes it: longest wait for the lock, ms. */
const MARK_WITHIN_MS = 100;
/** States of sessions that have a store and do not stream. */
const IDLE_STATES = ['completed', 'stopped', 'paused'] as const satisfies readonly SessionState[];

export class SessionViews {
  /** By incarnation. */
  private readonly opened = new RecentMap<OpenSession>(SESSIONS_KEPT);
  private readonly waiting: SessionWaiting;
  private readonly warnings: DatasetWarnings;

  constructor(private readonly parts: SharedParts) {
    const { redis, queueRedis, queues, queuePrefix, dataSource, producer } = parts;
    this.waiting = new SessionWaiting(
      redis,
      () => upkeepSilentMs(queueRedis, queues, queuePrefix, Date.now()),
      (row) => producer.isStreamWaiting(streamRefOf(row)),
    );
    this.warnings = new DatasetWarnings(dataSource);
  }

  /** The data of a session, opened once. An open session follows later changes of its symbols. */
  open(row: SessionRecord): OpenSession {
    const { redis, keyPrefix } = this.parts;
    const session = this.opened.get(row.incarnation) ?? new OpenSession(redis, layoutOf(row, keyPrefix, UNCHANGED));
    this.opened.set(row.incarnation, session);
    return session;
  }

  /** As {@link view}; for operators also with the warnings that need queries of the datasets. */
  async fullView(row: SessionRecord, viewer: View): Promise<SessionAnswer> {
    if (viewer === 'strategy') return this.view(row, viewer);
    const [view, warnings] = await Promise.all([this.view(row, viewer), this.warnings.of(row)]);
    return { ...view, warnings: [...view.warnings, ...warnings] };
  }

  /**
   * The view of a session. Reopens a completed session whose store lost writes.
   * @param viewer decides what is shown: a strategy sees nothing that depends on bars after the clock
   */
  async view(row: SessionRecord, viewer: View = 'strategy'): Promise<SessionAnswer> {
    // Without a checkpoint the store was never created.
    if (!row.checkpoint) {
      const waitingFor = await this.waiting.forCoordinator(row);
      return { ...rowAnswer(row), waitingFor: viewer === 'operator' ? waitingFor : withKindOnly(waitingFor) };
    }
    let current = row;
    try {
      current = await this.parts.control.reopenIfBehind(row);
      return await this.viewOfStore(current, viewer);
    } catch (error) {
      return this.viewWithoutStore(current, error);
    }
  }

  /** @throws what Redis throws, SessionLostError, UnknownCalendarError */
  private async viewOfStore(row: SessionRecord, viewer: View): Promise<SessionAnswer> {
    const { redis, evictions } = this.parts;
    const session = this.open(row);
    const { layout } = session;
    const [position, rows, history, { wait, ...stream }, consumers] = await Promise.all([
      session.position(viewer),
      session.outsideRows(viewer),
      session.history(),
      readStreamFigures(redis, layout),
      new SessionConsumers(redis, layout).list(),
    ]);
    const { clock, frontier, watermark, counts, refused } = position;
    const waitingFor = await this.waiting.of(row, session, wait, clock, consumers);
    const shown =
      viewer === 'operator' ? { ...stream, waitingFor } : streamUpTo(clock, layout, { ...stream, waitingFor });
    const warnings = [...evictions.warning, ...timeoutWarnings(row.spec, shown.timedOutDays)];
    if (viewer === 'operator') {
      const isOver = row.completedAt !== null;
      const historySlots = layout.historySlots * layout.symbols.length;
      warnings.push(
        ...outsideWarnings(row.spec, rows, { streamed: counts.streamed, isOver }),
        ...intervalWarnings(row.spec, position, historySlots),
      );
    }
    return {
      ...rowAnswer(row),
      ...figureAnswers(shown.figures),
      timedOutDays: [...shown.timedOutDays],
      waitingFor: shown.waitingFor,
      consumers: consumers.map(consumerAnswer),
      clock: isoTime(clock),
      frontier: isoTime(frontier),
      watermark: isoTime(watermark),
      progress: layout.slotsClosedBy(clock) / layout.slotsClosedBy(layout.end),
      counts: { ...counts, refused, outside: rows.outside, extended: rows.extended },
      history: historyView(row, history),
      warnings,
    };
  }

  /** The view of a session whose store cannot be read, from its row alone, and the reason. */
  private async viewWithoutStore(row: SessionRecord, error: unknown): Promise<SessionAnswer> {
    if (error instanceof UnknownCalendarError) return rowAnswer(row);
    if (isOutage(error)) return this.viewWithoutServer(row, [serverAway(error)]);
    const { message } = error as Error;
    if (error instanceof SessionLostError) return rowAnswer(await this.markLost(row, message));
    this.parts.warn(`session ${row.id}: its store cannot be read`, error);
    const current = isBrokenStore(error) ? await this.markLost(row, message) : row;
    return { ...rowAnswer(current), warnings: [`the store of the session cannot be read: ${message}`] };
  }

  /**
   * Marks a session as `lost` if it is not streaming; while it streams, its owner detects the loss. Does not wait for another call that
   * changes the session: it may be removing the session, whose store is gone for this reason. @returns the row after that
   */
  private async markLost(row: SessionRecord, error: string): Promise<SessionRecord> {
    const { sessions } = this.parts;
    if (!(IDLE_STATES as readonly SessionState[]).includes(row.state)) return row;
    try {
      return await sessions.transition(row, IDLE_STATES, 'lost', { error, lockLimitMs: MARK_WITHIN_MS });
    } catch (cause) {
      if (isOutage(cause)) return row; // the next view marks it
      // Another call has already marked, started or removed it.
      if (!(cause instanceof SessionStateError || cause instanceof UnknownSessionError)) throw cause;
      return (await sessions.reread(row)) ?? row;
    }
  }

  /** The view while servers that the session needs are away: what the row holds. @param what the names of the servers */
  viewWithoutServer(row: SessionRecord, what: string[]): SessionAnswer {
    const detail = `waiting for ${what.join(' and ')}: the session is up to date within 5 s of the server's return`;
    return { ...rowAnswer(row), waitingFor: { kind: 'server', what, since: null, detail, nextTryAt: null } };
  }
}
