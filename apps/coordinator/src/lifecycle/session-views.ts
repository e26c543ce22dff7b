/** The API's view of a session: its row in Postgres, with the position and figures in its store. */
import { isoTime, type ConsumerAnswer, type SessionAnswer, type WaitingFor } from '@barkeep/api';
import { SessionStateError, UnknownSessionError, type SessionState } from '@barkeep/bar-repository';
import { currentSymbols, noCounts, UNCHANGED, UnknownCalendarError } from '@barkeep/bars';
import {
  isBrokenStore,
  isOutage,
  noFigures,
  OpenSession,
  readStreamFigures,
  SessionConsumers,
  SessionLostError,
  type ConsumerView,
  type StreamFigures,
  type View,
  type SessionLayout,
} from '@barkeep/session-data';
import { upkeepSilentMs } from '@barkeep/upkeep-queues';
import { historyView } from './history-view.js';
import { layoutOf, refOf, type SessionRecord } from './session-row.js';
import { SessionWaiting } from './session-waiting.js';
import { DatasetWarnings, intervalWarnings, outsideWarnings, timeoutWarnings } from './session-warnings.js';
import type { SharedParts } from './shared-parts.js';

/** Most sessions whose opened data is kept. */
const SESSIONS_KEPT = 500;
/** A session that is to be marked as lost may be locked by another call that changes it: longest wait for the lock, ms. */
const MARK_WITHIN_MS = 100;
/** States of sessions that have a store and do not stream. */
const IDLE_STATES = ['completed', 'stopped', 'paused'] as const satisfies readonly SessionState[];

export class SessionViews {
  /** By incarnation, the oldest first. */
  private readonly opened = new Map<string, OpenSession>();
  private readonly waiting: SessionWaiting;
  private readonly warnings: DatasetWarnings;

  constructor(private readonly parts: SharedParts) {
    const { redis, queueRedis, queues, queuePrefix, dataSource, producer } = parts;
    this.waiting = new SessionWaiting(
      redis,
      () => upkeepSilentMs(queueRedis, queues, queuePrefix, Date.now()),
      (row) => producer.isStreamWaiting({ ...refOf(row), run: row.run }),
    );
    this.warnings = new DatasetWarnings(dataSource);
  }

  /** The data of a session, opened once. An open session follows later changes of its symbols. */
  open(row: SessionRecord): OpenSession {
    let session = this.opened.get(row.incarnation);
    if (!session) {
      session = new OpenSession(this.parts.redis, layoutOf(row, this.parts.keyPrefix, UNCHANGED));
      this.opened.set(row.incarnation, session);
      const [oldest] = this.opened.keys();
      if (this.opened.size > SESSIONS_KEPT && oldest) this.opened.delete(oldest);
    }
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
  async view(stored: SessionRecord, viewer: View = 'strategy'): Promise<SessionAnswer> {
    const isOperator = viewer === 'operator';
    const shownWait = (wait: WaitingFor | null) => (isOperator ? wait : withKindOnly(wait));
    // Without a checkpoint the store was never created.
    if (!stored.checkpoint)
      return { ...this.rowView(stored), waitingFor: shownWait(await this.waiting.forCoordinator(stored)) };
    let row = stored;
    try {
      row = await this.parts.control.reopenIfBehind(stored);
      const session = this.open(row);
      const { layout } = session;
      const [position, rows, history, { figures, timedOutDays, wait }, consumers] = await Promise.all([
        session.position(viewer),
        session.outsideRows(viewer),
        session.history(),
        readStreamFigures(this.parts.redis, layout),
        new SessionConsumers(this.parts.redis, layout).list(),
      ]);
      const { clock, frontier, watermark, counts, refused } = position;
      const stream = { streamed: counts.streamed, isOver: row.completedAt !== null };
      const waitingFor = await this.waiting.of(row, session, wait, clock, consumers);
      const shownTimeouts = timedOutDays.filter((date) => isOperator || isPassed(layout, date, clock));
      const historySlots = layout.historySlots * layout.symbols.length;
      return {
        ...this.rowView(row),
        ...figureViews(isOperator ? figures : withoutPrefetch(figures)),
        timedOutDays: shownTimeouts,
        waitingFor: shownWait(waitingFor),
        consumers: consumers.map(consumerView),
        clock: isoTime(clock),
        frontier: isoTime(frontier),
        watermark: isoTime(watermark),
        progress: layout.slotsClosedBy(clock) / layout.slotsClosedBy(layout.end),
        counts: { ...counts, refused, outside: rows.outside, extended: rows.extended },
        history: historyView(row, history),
        warnings: [
          ...this.parts.evictions.warning,
          ...timeoutWarnings(row.spec, shownTimeouts),
          ...(isOperator
            ? [...outsideWarnings(row.spec, rows, stream), ...intervalWarnings(row.spec, position, historySlots)]
            : []),
        ],
      };
    } catch (error) {
      return this.viewWithoutStore(row, error);
    }
  }

  /**
   * The view of a session whose store cannot be read, from its row alone: a session with an unknown calendar or a broken store must
   * not make a list fail.
   */
  private async viewWithoutStore(row: SessionRecord, error: unknown): Promise<SessionAnswer> {
    if (error instanceof UnknownCalendarError) return this.rowView(row);
    if (isOutage(error)) return this.viewWithoutServer(row, ['the session Redis']);
    const { message } = error as Error;
    if (error instanceof SessionLostError) return this.rowView(await this.markLost(row, message));
    this.parts.warn(`session ${row.id}: its store cannot be read`, error);
    const warnings = [`the store of the session cannot be read: ${message}`];
    const current = isBrokenStore(error) ? await this.markLost(row, message) : row;
    return { ...this.rowView(current), warnings };
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
      return (await sessions.find(row.id)) ?? row;
    }
  }

  /** The view while servers that the session needs are away: what the row holds, and the names of the servers. */
  viewWithoutServer(row: SessionRecord, servers: readonly string[]): SessionAnswer {
    const what = [...servers];
    const detail = `waiting for ${what.join(' and ')}: the change takes effect within 5 s of the server's return`;
    return { ...this.rowView(row), waitingFor: { kind: 'server', what, since: null, detail, nextTryAt: null } };
  }

  /** What the row alone tells; no position and no counts. */
  private rowView(row: SessionRecord): SessionAnswer {
    return {
      id: row.id,
      state: row.state,
      spec: row.spec,
      symbols: currentSymbols(row.spec.symbols, row.membership ?? UNCHANGED),
      clock: null,
      frontier: null,
      watermark: null,
      progress: 0,
      error: row.error,
      waitingFor: null,
      warnings: [],
      counts: { ...noCounts(), refused: 0, outside: 0, extended: 0 },
      history: historyView(row),
      ...figureViews(noFigures()),
      timedOutDays: [],
      consumers: [],
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
      completedAt: row.completedAt?.toISOString() ?? null,
    };
  }
}

/** What a strategy may see of a wait: only its kind, because the rest may tell about bars after the clock. */
function withKindOnly(waitingFor: WaitingFor | null): WaitingFor | null {
  return waitingFor && { ...waitingFor, what: [], detail: '', nextTryAt: null };
}

/** Removes the figures of prefetching, which reads days after the clock. */
function withoutPrefetch(figures: StreamFigures): StreamFigures {
  return { ...figures, prefetchHits: 0, prefetchMisses: 0, prefetchBytes: 0 };
}

function isPassed(layout: SessionLayout, date: string, clock: number): boolean {
  const day = layout.dayIndexOf(date);
  return day !== undefined && layout.grid(day).close <= clock;
}

function figureViews(figures: StreamFigures): Pick<SessionAnswer, 'pace' | 'prefetch'> {
  const { overruns, lagMs, prefetchHits: hits, prefetchMisses: misses, prefetchBytes: bytes } = figures;
  return { pace: { overruns, lagMs }, prefetch: { hits, misses, bytes } };
}

export function consumerView({ name, state, time, steps, bars, deliveredHash, seenAt }: ConsumerView): ConsumerAnswer {
  return { name, state, time: isoTime(time), steps, bars, deliveredHash, seenAt: isoTime(seenAt) };
}
