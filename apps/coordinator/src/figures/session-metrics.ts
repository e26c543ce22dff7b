/**
 * The Prometheus metrics of sessions. Of all sessions: how many are in each state. Of each session that this process streams: how far
 * its clock is behind, what it waits for, its quality and its consumers. The series of a session end when its stream ends here.
 */
import type { SessionRepository } from '@barkeep/bar-repository';
import { barQuality, SESSION_STATES, type SessionSpec } from '@barkeep/bars';
import { type Metrics, onceAScrape } from '@barkeep/observe';
import * as store from '@barkeep/session-data';
import type { Redis } from 'ioredis';

const CONSUMER_STATES = ['active', 'silent', 'dropped', 'left'] as const;

/** What the metrics need of a stream. */
interface ActiveStream {
  readonly layout: store.SessionLayout;
  readonly progress: {
    /** Epoch ms. */
    readonly clock: number;
    readonly figures: Pick<store.StreamFigures, 'lagMs'>;
    /** What the clock waits for; null when it does not wait, or only for a moment so far. */
    readonly shownWait: store.StreamWait | null;
  };
}

/** The sessions that this process streams now. */
export type ActiveStreams = Set<ActiveStream>;

interface SessionMetricsParts {
  active: ActiveStreams;
  sessions: Pick<SessionRepository<SessionSpec>, 'countByState'>;
  redis: Redis;
  /** The bytes of prefetched bars. */
  budget: { readonly limit: number; readonly usedBytes: number };
}

/** Adds the metrics of the sessions; each scrape reads Postgres and the session Redis. */
export function addSessionMetrics(metrics: Metrics, { active, sessions, redis, budget }: SessionMetricsParts): void {
  metrics.gauge(
    { name: 'barkeep_sessions', help: 'Sessions of the deployment by state', labelNames: ['state'] },
    async (gauge) => {
      const counts = await sessions.countByState();
      for (const state of SESSION_STATES) gauge.set({ state }, counts.get(state) ?? 0);
    },
  );
  metrics.figure('barkeep_session_streams', 'Sessions that this coordinator streams', () => active.size);
  addProgressMetrics(metrics, active, redis);
  addConsumerMetrics(metrics, active, redis);
  const heldHelp = 'Bytes of bars that were read ahead and are held now';
  metrics.figure('barkeep_prefetch_held_bytes', heldHelp, () => budget.usedBytes);
  const limitHelp = 'Most bytes that may be read ahead and held (BARKEEP_PREFETCH_MB)';
  metrics.figure('barkeep_prefetch_limit_bytes', limitHelp, () => budget.limit);
}

/** How far each session is behind, what it waits for, and how complete its data are. */
function addProgressMetrics(metrics: Metrics, active: ActiveStreams, redis: Redis): void {
  const lagHelp =
    'How far the clock of a streamed session is behind: with pace clock, behind its due time; with a feed, behind the last closed slot. Other sessions have no series';
  addPerSession(metrics, active, 'barkeep_session_clock_lag_seconds', lagHelp, async ({ layout, progress }) =>
    secondsOf(clockLagMs(layout, progress, Date.now())),
  );
  const waitHelp = 'For how long a streamed session has waited, by what it waits for; no series when it does not wait';
  metrics.gauge(
    { name: 'barkeep_session_waiting_seconds', help: waitHelp, labelNames: ['session', 'kind'] },
    (gauge) => {
      for (const { layout, progress } of active) {
        const { shownWait: wait } = progress;
        if (wait) gauge.set({ session: layout.id, kind: wait.kind }, Math.max(0, Date.now() - wait.since) / 1000);
      }
    },
  );
  const qualityHelp =
    'Bar quality of a streamed session up to its frontier, 0 to 1: share of filled slots among those in which a trade was possible';
  addPerSession(metrics, active, 'barkeep_session_quality_ratio', qualityHelp, async ({ layout }) => {
    const { counts } = await new store.OpenSession(redis, layout).position('operator');
    return barQuality(counts) / 100; // from percent
  });
}

function addConsumerMetrics(metrics: Metrics, active: ActiveStreams, redis: Redis): void {
  /** By session id: the consumers, and the clock just before they were read. A session that cannot be read is left out. */
  const consumersOf = onceAScrape(async () => {
    const bySession = new Map<string, { clock: number; consumers: readonly store.ConsumerView[] }>();
    const reads = [...active].map(async ({ layout, progress: { clock } }) => {
      bySession.set(layout.id, { clock, consumers: await new store.SessionConsumers(redis, layout).list() });
    });
    await Promise.allSettled(reads);
    return bySession;
  });
  const lagHelp = 'How far the slowest consumer of a streamed session is behind its clock, in seconds of the session';
  addPerSession(metrics, active, 'barkeep_session_consumer_lag_seconds', lagHelp, async ({ layout }) => {
    const read = (await consumersOf()).get(layout.id);
    return read && secondsOf(slowestLagMs(read.consumers, read.clock));
  });
  const countHelp = 'Consumers of the sessions that this coordinator streams, by state';
  metrics.gauge({ name: 'barkeep_consumers', help: countHelp, labelNames: ['state'] }, async (gauge) => {
    const all = [...(await consumersOf()).values()].flatMap(({ consumers }) => consumers);
    for (const state of CONSUMER_STATES) {
      gauge.set({ state }, all.filter((consumer) => consumer.state === state).length);
    }
  });
}

/** Adds a gauge with a series per streamed session; a session whose value cannot be read has none. */
function addPerSession(
  metrics: Metrics,
  active: ActiveStreams,
  name: string,
  help: string,
  read: (stream: ActiveStream) => Promise<number | undefined>,
): void {
  metrics.gauge({ name, help, labelNames: ['session'] }, async (gauge) => {
    const reads = [...active].map(async (stream) => {
      const value = await read(stream);
      if (value !== undefined) gauge.set({ session: stream.layout.id }, value);
    });
    await Promise.allSettled(reads);
  });
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

/**
 * How far the clock of a session is behind real time. For a session with a pace: behind the time at which the next bars were
 * due. For a fed session: behind the close of the last slot that has ended, so that nights and weekends do not count. Undefined for
 * a session whose clock does not follow real time.
 * @param now epoch ms of the wall clock
 */
export function clockLagMs(
  layout: store.SessionLayout,
  { clock, figures }: { clock: number; figures: { lagMs: number } },
  now: number,
): number | undefined {
  const { pace, source } = layout.spec;
  if (pace.mode === 'clock') return figures.lagMs;
  return source.type === 'feed' ? Math.max(0, layout.slotEndBefore(now) - clock) : undefined;
}

/** The lag of the slowest consumer that is active or silent; undefined when there is none. */
function slowestLagMs(consumers: readonly store.ConsumerView[], clock: number): number | undefined {
  const times = consumers.flatMap(({ state, time }) => (state === 'active' || state === 'silent' ? [time] : []));
  return times.length > 0 ? Math.max(0, clock - Math.min(...times)) : undefined;
}
