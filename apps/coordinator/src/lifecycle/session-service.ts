/**
 * The life of a session, as the API drives it: create, start, pause, resume, stop, remove. Postgres holds the state and
 * decides races; the store is told what to do next; the queue gets the work. A call may be repeated after an outage.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ACTIVE_STATES,
  datasetNames,
  SessionRepository,
  WrongStateError,
  type SessionRow,
  type SessionState,
} from '@barkeep/bar-repository';
import {
  parseSessionSpec,
  SessionSpecError,
  shown,
  type SessionLimits,
  type SessionSpec,
  type UpkeepDefaults,
} from '@barkeep/bars';
import {
  FedSymbolsError,
  FeedNotBegunError,
  NotAFeedError,
  OpenSession,
  removeSession,
  SessionFeed,
  setControl,
  emitState,
  SessionConsumers,
  UnknownConsumerError,
  UnknownSymbolError,
  type Control,
} from '@barkeep/session-data';
import type { SessionRef, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import {
  SessionLifecycle,
  type CertificateView,
  type EventFeed,
  type SessionPageView,
  type SessionView,
  type SymbolIntake,
} from './session-lifecycle.js';
import type { Certificates } from './certificates.js';
import { EventFeeds } from './event-feeds.js';
import { FeedIntake } from './feed-intake.js';
import { historyDaysOf } from './history-days.js';
import { SessionViews } from './session-views.js';
import { layoutOf, type SymbolChanges } from './symbol-changes.js';

const STARTABLE = ['created', 'paused', 'stopped', 'failed', 'lost'] as const satisfies readonly SessionState[];

/** Longest wait for the store of a session that was started, and how often is looked. */
const BEGUN_WITHIN_MS = 10_000;
const BEGUN_LOOK_MS = 25;

export interface SessionServiceParts {
  dataSource: DataSource;
  sessions: SessionRepository<SessionSpec>;
  views: SessionViews;
  changes: SymbolChanges;
  certificates: Certificates;
  keyPrefix: string;
  redis: Redis;
  queueRedis: Redis;
  producer: UpkeepProducer;
  upkeepDefaults: UpkeepDefaults;
  /** The largest session that a caller may create. */
  limits: SessionLimits;
  /** Repositories of the user's module, which a spec may name beside the datasets. */
  repositoryNames: readonly string[];
}

export class SessionService extends SessionLifecycle {
  private readonly feeds: EventFeeds;

  constructor(private readonly parts: SessionServiceParts) {
    super();
    this.feeds = new EventFeeds(parts.redis, parts.sessions, (row) => parts.views.open(row));
  }

  async create(body: unknown, options: { start: boolean; idempotencyKey?: string }) {
    const spec = parseSessionSpec(body, this.parts.upkeepDefaults, this.parts.limits);
    await this.checkDatasets(spec);
    if (options.start) await this.checkReach();
    const id = spec.id ?? `session-${randomUUID()}`;
    const historyDays = await this.historyDays(spec);
    const session = { id, spec, historyDays, idempotencyKey: options.idempotencyKey };
    const { row, created } = await this.parts.sessions.create(session);
    if (!options.start || row.state !== 'created') return { session: await this.parts.views.view(row), created };
    try {
      return { session: await this.start(row.id), created };
    } catch (error) {
      // Nothing half created: a caller who is told to come back later finds no trace of the first try.
      if (created) await this.remove(row.id).catch(() => undefined);
      throw error;
    }
  }

  async find(id: string): Promise<SessionView> {
    return this.parts.views.view(await this.parts.sessions.get(id));
  }

  async list(query: { state?: SessionState; limit: number; cursor?: string }): Promise<SessionPageView> {
    const { rows, cursor } = await this.parts.sessions.list(query);
    const sessions = await Promise.all(rows.map((row) => this.parts.views.view(row)));
    return { sessions, nextCursor: cursor ?? null };
  }

  /** Starts or goes on; a session that already runs is left as it is, so that a start may be repeated. */
  async start(id: string): Promise<SessionView> {
    return this.run(id, STARTABLE);
  }

  async resume(id: string): Promise<SessionView> {
    return this.run(id, ['paused']);
  }

  async pause(id: string): Promise<SessionView> {
    const row = await this.parts.sessions.transition(id, ACTIVE_STATES, 'paused');
    await this.control(row, 'pause');
    return this.parts.views.view(row);
  }

  async stop(id: string): Promise<SessionView> {
    const row = await this.parts.sessions.transition(id, [...ACTIVE_STATES, 'paused'], 'stopped');
    await this.control(row, 'stop');
    await this.parts.producer.unschedule(row.incarnation);
    return this.parts.views.view(row);
  }

  async remove(id: string): Promise<void> {
    const row = await this.parts.sessions.get(id);
    // Symbols that left a moment ago may not be removed yet.
    if (row.membership) await this.parts.changes.updateSymbols(row);
    await removeSession(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
    await this.parts.producer.unschedule(row.incarnation);
    const last = await this.parts.sessions.remove(id);
    // Whoever was just about to begin the store, or a symbol's part of it, may have done so before the row was gone (I9).
    await this.parts.changes.removeLeftover(last ?? row);
  }

  async addSymbol(id: string, symbol: string): Promise<'joining' | 'present'> {
    await this.refuseFed(id);
    return this.parts.changes.add(id, symbol);
  }

  async removeSymbol(id: string, symbol: string): Promise<void> {
    await this.refuseFed(id);
    await this.parts.changes.remove(id, symbol);
  }

  /** @throws FedSymbolsError for a session that is fed */
  private async refuseFed(id: string): Promise<void> {
    if ((await this.parts.sessions.get(id)).spec.source.type === 'feed') throw new FedSymbolsError(id);
  }

  async removeConsumer(id: string, consumer: string): Promise<void> {
    const row = await this.parts.sessions.get(id);
    // Before its first start nobody can have joined.
    const consumers = new SessionConsumers(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
    if (!row.checkpoint || !(await consumers.remove(consumer))) throw new UnknownConsumerError(id, consumer);
  }

  async runUpkeep(id: string): Promise<void> {
    const row = await this.begun(id);
    await this.parts.producer.add('detect-gaps', { ...refOf(row), force: true });
  }

  async feed(id: string, symbol: string): Promise<SymbolIntake> {
    const { dataSource, producer, redis, views } = this.parts;
    const row = await this.parts.sessions.get(id);
    const { source } = row.spec;
    if (source.type !== 'feed') throw new NotAFeedError(id, source.dataset);
    const isActive = (ACTIVE_STATES as readonly SessionState[]).includes(row.state);
    if (!row.checkpoint && !isActive) throw new WrongStateError(id, ['running', 'paused', 'completed'], row.state);
    const { layout } = views.open(row);
    if (layout.partitionOf(symbol) === undefined) throw new UnknownSymbolError(id, symbol);
    const feed = new SessionFeed(redis, layout);
    if (!row.checkpoint) await untilBegun(feed, symbol);
    return new FeedIntake({ feed, symbol, dataSource, producer });
  }

  async open(id: string): Promise<OpenSession> {
    return this.parts.views.open(await this.begun(id));
  }

  async certificate(id: string): Promise<CertificateView> {
    return this.parts.certificates.view(await this.begun(id));
  }

  async events(id: string): Promise<EventFeed> {
    return this.feeds.feedOf(await this.parts.sessions.get(id));
  }

  /** A session that was started once: before that it has no data. @throws WrongStateError, SessionNotFoundError */
  private async begun(id: string): Promise<SessionRow<SessionSpec>> {
    const row = await this.parts.sessions.get(id);
    if (!row.checkpoint) throw new WrongStateError(id, ['running', 'paused', 'completed', 'stopped'], row.state);
    return row;
  }

  private async run(id: string, from: readonly SessionState[]): Promise<SessionView> {
    let row = await this.parts.sessions.get(id);
    const isActive = (ACTIVE_STATES as readonly SessionState[]).includes(row.state);
    if (!isActive) {
      await this.checkReach();
      // A lost store is built again from nothing: what is left of it must not be mistaken for the new one.
      if (row.state === 'lost') await removeSession(this.parts.redis, layoutOf(row, this.parts.keyPrefix));
      const forgetCheckpoint = row.state === 'lost';
      row = await this.parts.sessions.transition(id, from, 'running', {
        incrementRun: true,
        error: null,
        forgetCheckpoint,
      });
      await this.control(row, 'run');
    }
    await this.parts.producer.add('stream', { ...refOf(row), run: row.run });
    const { enabled, everySeconds } = row.spec.upkeep;
    if (enabled) await this.parts.producer.schedule(refOf(row), everySeconds * 1000);
    return this.parts.views.view(row);
  }

  /** Tells the stream what to do, and all others the state that the row is in by now. */
  private async control(row: SessionRow<SessionSpec>, control: Control): Promise<void> {
    const layout = layoutOf(row, this.parts.keyPrefix);
    await setControl(this.parts.redis, layout, control);
    await emitState(this.parts.redis, layout, row.state);
  }

  /** Fails now, before anything is written, when one of the two Redis roles is away. */
  private async checkReach(): Promise<void> {
    await Promise.all([this.parts.redis.ping(), this.parts.queueRedis.ping()]);
  }

  /** Of a session that is there already the row says it, and this is not looked at. */
  private async historyDays(spec: SessionSpec): Promise<number> {
    const there = spec.id === undefined ? undefined : await this.parts.sessions.find(spec.id);
    return there?.historyDays ?? historyDaysOf(this.parts.dataSource, spec);
  }

  private async checkDatasets(spec: SessionSpec): Promise<void> {
    const datasets = await datasetNames(this.parts.dataSource);
    const sources = [...datasets, ...this.parts.repositoryNames];
    const expected = (known: readonly string[]) => `one of ${known.join(', ') || '(none is imported yet)'}`;
    const problems = spec.backfill.flatMap((name, i) =>
      sources.includes(name) ? [] : [{ field: `backfill[${i}]`, expected: expected(sources), was: shown(name) }],
    );
    const { source } = spec;
    if (source.type === 'dataset' && !datasets.includes(source.dataset)) {
      problems.unshift({ field: 'source.dataset', expected: expected(datasets), was: shown(source.dataset) });
    }
    if (problems.length > 0) throw new SessionSpecError(problems);
  }
}

/** A session that was just started has no store until a coordinator takes its job. @throws FeedNotBegunError */
async function untilBegun(feed: SessionFeed, symbol: string): Promise<void> {
  const deadline = Date.now() + BEGUN_WITHIN_MS;
  while (!(await feed.isBegun(symbol))) {
    if (Date.now() > deadline) throw new FeedNotBegunError(feed.layout.id, BEGUN_WITHIN_MS);
    await sleep(BEGUN_LOOK_MS);
  }
}

function refOf({ id, incarnation }: SessionRow<SessionSpec>): SessionRef {
  return { sessionId: id, incarnation };
}
