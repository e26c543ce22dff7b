/**
 * What the API does with sessions. This class reads, feeds and removes them. Its part `creation` creates them, `steering` starts, pauses
 * and stops them, and `changes` changes their symbols.
 *
 * Postgres holds the state and decides races. It is safe to repeat a call after an outage.
 */
import type * as api from '@barkeep/api';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionStateError } from '@barkeep/bar-repository';
import { calendarIds, calendarNamed } from '@barkeep/bars';
import * as store from '@barkeep/session-data';
import type { Config } from '@barkeep/service';
import { CountedSessions } from './counted-sessions.js';
import { type EventReader, EventReaders } from './event-readers.js';
import { FeedIntake } from './feed-intake.js';
import { SessionCreation } from './session-creation.js';
import { isActive, layoutOf, type SessionRecord } from './session-row.js';
import { SessionSteering } from './session-steering.js';
import { SessionViews } from './session-views.js';
import type { SharedParts } from './shared-parts.js';
import type { SymbolChanges } from './symbol-changes.js';
import { requestUpkeep } from './upkeep-request.js';

/** Longest wait for the store of a session that was started, and how often it is checked. */
const STORE_WAIT_MAX_MS = 10_000;
const STORE_POLL_MS = 25;

export class SessionService {
  readonly creation: SessionCreation;
  readonly steering: SessionSteering;
  readonly changes: SymbolChanges;
  private readonly views: SessionViews;
  private readonly eventReaders: EventReaders;
  /** The counts of days that earlier calls of {@link dayCounts} have read. */
  private readonly counted = new CountedSessions();

  constructor(
    private readonly parts: SharedParts,
    config: Config,
    repositoryNames: readonly string[],
  ) {
    this.changes = parts.changes;
    this.views = new SessionViews(parts);
    this.steering = new SessionSteering(parts, this.views);
    this.creation = new SessionCreation(parts, this.views, this.steering, config, repositoryNames);
    this.eventReaders = new EventReaders(parts, (row) => this.views.open(row));
  }

  /** The full view of one session. @throws UnknownSessionError */
  async find(id: string, view: store.View): Promise<api.SessionAnswer> {
    return this.views.fullView(await this.parts.sessions.get(id), view);
  }

  /** One page of sessions, newest first; `nextCursor` is null on the last page. @throws CursorError */
  async list(query: api.ListQuery): Promise<api.SessionPageAnswer> {
    const { rows, cursor } = await this.parts.sessions.list(query);
    const sessions = await Promise.all(rows.map((row) => this.views.view(row, query.view)));
    return { sessions, nextCursor: cursor ?? null };
  }

  /** Stops the session and removes all its data. @throws UnknownSessionError */
  async remove(id: string): Promise<void> {
    await this.parts.removal.remove(await this.parts.sessions.get(id));
  }

  /** Removes a consumer, so that the clock no longer waits for it. @throws UnknownSessionError, UnknownConsumerError, SessionLostError */
  async removeConsumer(id: string, consumer: string): Promise<void> {
    const row = await this.parts.sessions.get(id);
    const consumers = new store.SessionConsumers(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
    // Without a checkpoint the session was never started, so it has no consumers.
    if (!row.checkpoint || !(await consumers.remove(consumer))) throw new store.UnknownConsumerError(id, consumer);
  }

  /** Requests a round of upkeep now, or shows what it would request. @throws UnknownSessionError, UnknownSymbolError, SessionStateError */
  async runUpkeep(id: string, input: api.UpkeepInput, view: store.View) {
    const row = await this.startedSession(id);
    return requestUpkeep(row, this.views.open(row), this.parts.producer, input, view);
  }

  /**
   * Opens a symbol for bars; waits for the store of a session that was just started.
   * @param seen how many fed bars of the symbol the caller knows to be stored
   * @throws UnknownSessionError, NotAFeedError, UnknownSymbolError, SessionStateError, FeedNotBegunError
   */
  async feed(id: string, symbol: string, seen?: number): Promise<FeedIntake> {
    const row = await this.parts.sessions.get(id);
    const { source } = row.spec;
    if (source.type !== 'feed') throw new store.NotAFeedError(id, source.dataset);
    // An active session without a checkpoint was just started: a coordinator will create its store.
    if (!row.checkpoint && !isActive(row))
      throw new SessionStateError(id, ['running', 'paused', 'completed'], row.state);
    const { layout } = this.views.open(row);
    if (layout.partitionOf(symbol) === undefined) throw new store.UnknownSymbolError(id, symbol);
    const feed = new store.SessionFeed(this.parts.redis, layout);
    if (seen !== undefined) feed.expectStored(symbol, seen);
    if (!row.checkpoint) await untilBegun(feed, symbol);
    return new FeedIntake(this.parts, feed, symbol);
  }

  /** The session's data. @throws UnknownSessionError, SessionStateError */
  async open(id: string): Promise<store.OpenSession> {
    return this.views.open(await this.startedSession(id));
  }

  /**
   * The first bar in which two sessions differ. @throws UnknownSessionError, SessionStateError, SessionLostError, `signal.reason`
   * after an abort
   */
  async difference(id: string, other: string, signal: AbortSignal): Promise<store.SessionDifference> {
    const [mine, others] = await Promise.all([this.open(id), this.open(other)]);
    return store.readDifference(this.parts.redis, mine, others, signal);
  }

  /** One page of counts by symbol and trading day. @throws UnknownSessionError, UnknownSymbolError, SessionLostError */
  async dayCounts(id: string, query: store.DayCountsQuery): Promise<store.DayCounts & { zone: string }> {
    const row = await this.startedSession(id);
    const counts = await this.views.open(row).dayCounts(query, this.counted.of(row.incarnation));
    return { ...counts, zone: zoneOf(row.spec.calendar) };
  }

  /** The session's certificate. @throws UnknownSessionError, SessionStateError, SessionLostError */
  async certificate(id: string): Promise<api.CertificateAnswer> {
    return this.parts.certificates.view(await this.startedSession(id));
  }

  /** The session's events, from before its first start until it is deleted. @throws UnknownSessionError */
  async events(id: string, view: store.View): Promise<EventReader> {
    return this.eventReaders.readerOf(await this.parts.sessions.get(id), view);
  }

  /**
   * A session that was started at least once: before that it has no data. A completed session whose store has lost writes is started again.
   * @throws SessionStateError, UnknownSessionError
   */
  private async startedSession(id: string): Promise<SessionRecord> {
    const row = await this.parts.sessions.get(id);
    if (!row.checkpoint) throw new SessionStateError(id, ['running', 'paused', 'completed', 'stopped'], row.state);
    return this.parts.control.reopenIfBehind(row);
  }
}

/** Waits for the store of a session that was just started: a coordinator creates it when it takes the job. @throws FeedNotBegunError */
async function untilBegun(feed: store.SessionFeed, symbol: string): Promise<void> {
  const deadline = performance.now() + STORE_WAIT_MAX_MS;
  while (!(await feed.isBegun(symbol))) {
    if (performance.now() > deadline) throw new store.FeedNotBegunError(feed.layout.id, STORE_WAIT_MAX_MS);
    await sleep(STORE_POLL_MS);
  }
}

/** UTC for a calendar that this service does not know; such a session still works, because its days are stored with it. */
function zoneOf(calendar: string): string {
  return calendarIds().includes(calendar) ? calendarNamed(calendar).zone : 'UTC';
}
