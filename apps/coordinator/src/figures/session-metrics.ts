/**
 * The Prometheus metrics of sessions: the number of sessions in each state; and for each session that this process
 * streams, its clock, what it waits for, its quality and its consumers. A session that ends here loses its series with
 * the next scrape.
 */
import type { SessionRepository } from '@barkeep/bar-repository';
import { barQuality, SESSION_STATES, type SessionSpec } from '@barkeep/bars';
import { type Metrics, onceAScrape } from '@barkeep/observe';
import {
  OpenSession,
  SessionConsumers,
  type ConsumerView,
  type SessionLayout,
  type StreamFigures,
  type StreamWait,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';

const CONSUMER_STATES = ['active', 'silent', 'dropped', 'left'] as const;

interface ActiveStream {
  readonly layout: SessionLayout;
  readonly progress: {
    /** Epoch ms. */
    readonly clock: number;
    readonly figures: Pick<StreamFigures, 'lagMs'>;
    readonly shownWait: StreamWait | null;
  };
}

/** The sessions that this process streams now. */
export type ActiveStreams = Set<ActiveStream>;

export interface SessionMetricsParts {
  active: ActiveStreams;
  sessions: Pick<SessionRepository<SessionSpec>, 'countByState'>;
  redis: Redis;
  /** Bytes of bars that were read before their turn. */
  budget: { readonly limit: number; readonly usedBytes: number };
}

export function addSessionMetrics(metrics: Metrics, parts: SessionMetricsParts): void {
  const { active, sessions, redis, budget } = parts;
  const figure = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name, help }, (gauge) => gauge.set(read()));
  const ofEach = gaugesOfEach(metrics, active);
  metrics.gauge(
    { name: 'barkeep_sessions', help: 'Sessions of the deployment by state', labelNames: ['state'] },
    async (gauge) => {
      const counts = await sessions.countByState();
      for (const state of SESSION_STATES) gauge.set({ state }, counts.get(state) ?? 0);
    },
  );
  figure('barkeep_session_streams', 'Sessions that this coordinator streams', () => active.size);
  ofEach(
    'barkeep_session_clock_lag_seconds',
    'How far the clock of a streamed session is behind: of a paced session behind its due time, of a fed session behind the last slot that has closed',
    async ({ layout, progress }) => secondsOf(clockLagMs(layout, progress, Date.now())),
  );
  metrics.gauge(
    {
      name: 'barkeep_session_waiting_seconds',
      help: 'For how long a streamed session has waited, by what it waits for; no series when it does not wait',
      labelNames: ['session', 'kind'],
    },
    (gauge) => {
      for (const { layout, progress } of active) {
        const { shownWait: wait } = progress;
        if (wait) gauge.set({ session: layout.id, kind: wait.kind }, Math.max(0, Date.now() - wait.since) / 1000);
      }
    },
  );
  ofEach(
    'barkeep_session_quality_ratio',
    'Bar quality of a streamed session up to its frontier, 0 to 1: share of filled slots among those in which a trade was possible',
    async ({ layout }) => barQuality((await new OpenSession(redis, layout).position('operator')).counts) / 100,
  );
  addConsumerMetrics(metrics, parts, ofEach);
  figure('barkeep_prefetch_held_bytes', 'Bytes of bars that were read ahead and are held now', () => budget.usedBytes);
  figure(
    'barkeep_prefetch_limit_bytes',
    'Most bytes that may be read ahead and held (BARKEEP_PREFETCH_MB)',
    () => budget.limit,
  );
}

type GaugesOfEach = ReturnType<typeof gaugesOfEach>;

/** Adds gauges with a series for each streamed session whose value is known; what cannot be read is left out. */
function gaugesOfEach(metrics: Metrics, active: ActiveStreams) {
  return (name: string, help: string, read: (stream: ActiveStream) => Promise<number | undefined>) =>
    metrics.gauge({ name, help, labelNames: ['session'] }, async (gauge) => {
      const all = [...active].map(async (stream) => {
        const value = await read(stream);
        if (value !== undefined) gauge.set({ session: stream.layout.id }, value);
      });
      await Promise.allSettled(all);
    });
}

function addConsumerMetrics(metrics: Metrics, { active, redis }: SessionMetricsParts, ofEach: GaugesOfEach): void {
  /** By the id of the session, without those that cannot be read; each with the clock before its consumers were read. */
  const consumersOf = onceAScrape(async () => {
    const found = new Map<string, { clock: number; consumers: readonly ConsumerView[] }>();
    const all = [...active].map(async ({ layout, progress: { clock } }) => {
      found.set(layout.id, { clock, consumers: await new SessionConsumers(redis, layout).list() });
    });
    await Promise.allSettled(all);
    return found;
  });
  ofEach(
    'barkeep_session_consumer_lag_seconds',
    'How far the slowest consumer of a streamed session is behind its clock, in seconds of the session',
    async ({ layout }) => {
      const followed = (await consumersOf()).get(layout.id);
      return followed && secondsOf(slowestLagMs(followed.consumers, followed.clock));
    },
  );
  metrics.gauge(
    {
      name: 'barkeep_consumers',
      help: 'Consumers of the sessions that this coordinator streams, by state',
      labelNames: ['state'],
    },
    async (gauge) => {
      const all = [...(await consumersOf()).values()].flatMap(({ consumers }) => consumers);
      for (const state of CONSUMER_STATES)
        gauge.set({ state }, all.filter((consumer) => consumer.state === state).length);
    },
  );
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/**
 * How far the clock of a session is behind real time. For a session with a pace: behind the time at which the next bars were
 * due. For a fed session: behind the last slot that has passed, so that nights and weekends do not count. Undefined for a session
 * whose clock does not follow real time.
 * @param now epoch ms of the wall clock
 */
export function clockLagMs(
  layout: SessionLayout,
  { clock, figures }: { clock: number; figures: { lagMs: number } },
  now: number,
): number | undefined {
  const { pace, source } = layout.spec;
  if (pace.mode === 'clock') return figures.lagMs;
  return source.type === 'feed' ? Math.max(0, layout.slotEndBefore(now) - clock) : undefined;
}

/** The lag of the slowest active consumer; undefined when there is none. */
function slowestLagMs(consumers: readonly ConsumerView[], clock: number): number | undefined {
  const times = consumers.flatMap(({ state, time }) => (state === 'active' || state === 'silent' ? [time] : []));
  return times.length > 0 ? Math.max(0, clock - Math.min(...times)) : undefined;
}
