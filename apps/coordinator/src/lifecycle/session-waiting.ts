/**
 * Finds out what a running session waits for. Until a coordinator streams the session, it waits for a coordinator. After that, its stream
 * has recorded the kind of wait; the details come from the session's consumers, feed and repositories.
 */
import { isoTime, type WaitingFor } from '@barkeep/api';
import {
  readFailures,
  readFeedProgress,
  type ConsumerView,
  type OpenSession,
  type SessionLayout,
  type StreamWait,
} from '@barkeep/session-data';
import { WORKER_SILENT_MS } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { isActive, type SessionRecord } from './session-row.js';
import * as waits from './wait-descriptions.js';

/** A wait for a coordinator is shown after this time: usually one takes the job of a session at once. */
const QUEUED_SHOWN_AFTER_MS = 1_000;
/** A caller waits at most this long for the queue Redis, which may be away. */
const QUEUE_WITHIN_MS = 500;
const QUEUED =
  'waiting for a coordinator that has room: each streams at most BARKEEP_STREAM_CONCURRENCY sessions at the same time';

const UPKEEP_WAIT: waits.DescribedWait = {
  kind: 'worker',
  what: [],
  detail: 'waiting for upkeep to repair and derive the next window',
};

export class SessionWaiting {
  /**
   * @param workerSilentMs for how long upkeep jobs have waited while no worker took one, ms; 0 when none waits
   * @param isQueued whether the stream job of a session waits until a coordinator takes it
   */
  constructor(
    private readonly redis: Redis,
    private readonly workerSilentMs: () => Promise<number>,
    private readonly isQueued: (row: SessionRecord) => Promise<boolean>,
  ) {}

  /** The wait of a session for a coordinator; null when one streams it, or when the queue Redis does not answer. */
  async forCoordinator(row: SessionRecord): Promise<WaitingFor | null> {
    // The time is that of PostgreSQL, whose clock may be ahead of this process's: then it is in the future.
    const sinceMs = Math.abs(Date.now() - row.updatedAt.getTime());
    if (!isActive(row) || sinceMs < QUEUED_SHOWN_AFTER_MS) return null;
    if (!(await fromQueueRedis(this.isQueued(row), false))) return null;
    return { kind: 'worker', what: [], since: row.updatedAt.toISOString(), detail: QUEUED, nextTryAt: null };
  }

  /**
   * What a session waits for.
   * @param wait the wait that its stream recorded @param clock epoch ms
   * @returns null for a session that does not wait @throws what Redis throws
   */
  async of(
    row: SessionRecord,
    session: OpenSession,
    wait: StreamWait | null,
    clock: number,
    consumers: readonly ConsumerView[],
  ): Promise<WaitingFor | null> {
    if (!isActive(row)) return null;
    // The recorded wait may be that of an earlier run.
    const queued = await this.forCoordinator(row);
    if (queued || !wait) return queued;
    const { layout } = session;
    const describers: Partial<Record<StreamWait['kind'], () => Promise<waits.DescribedWait | undefined>>> = {
      consumers: async () => waits.consumersWait(layout, clock, consumers),
      feed: async () => waits.feedWait(await this.slowSymbols(layout, clock)),
      pace: async () => waits.paceWait(wait.until),
      symbols: async () => waits.symbolsWait(joiningSymbols(session), await this.upkeepProblem(layout)),
      upkeep: async () => (await this.upkeepProblem(layout)) ?? UPKEEP_WAIT,
    };
    // A coordinator of another version may have recorded a kind of wait that this one does not know.
    const described = await describers[wait.kind]?.();
    if (!described) return null;
    const { kind, what, since = isoTime(wait.since), detail, nextTryAt = null } = described;
    return { kind, what, since, detail, nextTryAt };
  }

  /** The symbols whose streams have not reached the next place of the clock: with barriers, the end of the next window. */
  private async slowSymbols(layout: SessionLayout, clock: number): Promise<string[]> {
    const { streams } = await readFeedProgress(this.redis, layout);
    const hasBarrier = clock < layout.barrierEnd;
    const reachedOf = (reached: number) => (hasBarrier ? layout.windowEndBefore(reached) : reached);
    const slow = streams.filter(({ ended, reached }) => !ended && reachedOf(reached) <= clock);
    return slow.map(({ symbol }) => symbol);
  }

  /**
   * Names the repositories that fail. If none fails, says that no worker takes jobs. Undefined when upkeep only has not finished, or is
   * disabled, or when the queue Redis does not answer.
   */
  private async upkeepProblem(layout: SessionLayout): Promise<waits.DescribedWait | undefined> {
    if (!layout.spec.upkeep.enabled) return undefined;
    const failing = await readFailures(this.redis, layout);
    if (failing.length > 0) return waits.repositoriesWait(failing);
    const silentMs = await fromQueueRedis(this.workerSilentMs(), 0);
    if (silentMs < WORKER_SILENT_MS) return undefined;
    const detail = `no upkeep worker has taken a job for ${Math.round(silentMs / 1000)} s`;
    return { kind: 'worker', what: [], detail };
  }
}

/** The answer of the queue Redis; `otherwise` when it is away or does not answer soon, because a view does not need it. */
function fromQueueRedis<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  return Promise.race([answer.catch(() => otherwise), sleep(QUEUE_WITHIN_MS, otherwise, { ref: false })]);
}

/** The symbols of a session that readers do not see yet. */
function joiningSymbols(session: OpenSession): string[] {
  const shown = new Set(session.activeSymbols());
  return session.layout.symbols.filter((symbol) => !shown.has(symbol));
}
