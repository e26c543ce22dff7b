/**
 * Describes what a running session waits for. Until a coordinator streams the session, it waits for a coordinator. After that, its stream
 * has recorded the kind of wait; the details come from the session's consumers, feed and repositories.
 */
import { isoTime, type WaitingFor } from '@barkeep/api';
import {
  readFeedProgress,
  type RepositoryFailure,
  RepositoryFailures,
  type ConsumerView,
  type OpenSession,
  type SessionLayout,
  type StreamWait,
} from '@barkeep/session-data';
import { WORKER_SILENT_MS } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { isActive, type SessionRecord } from './session-row.js';

/** Most names in one answer. */
const NAMES_MAX = 20;
/** A wait for a coordinator is shown after this time: usually one takes the job of a session at once. */
const QUEUED_SHOWN_AFTER_MS = 1_000;
/** A caller waits at most this long for the queue Redis, which may be away. */
const QUEUE_WITHIN_MS = 500;
const QUEUED =
  'waiting for a coordinator that has room: each streams at most BARKEEP_STREAM_CONCURRENCY sessions at the same time';

/** A described wait. By default, `since` is the start of the stream's wait, and `nextTryAt` is null. */
type DescribedWait = Pick<WaitingFor, 'kind' | 'what' | 'detail'> & Partial<WaitingFor>;

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
    if (!isActive(row) || Date.now() - row.updatedAt.getTime() < QUEUED_SHOWN_AFTER_MS) return null;
    const answered = this.isQueued(row).catch(() => false);
    const isQueued = await Promise.race([answered, sleep(QUEUE_WITHIN_MS, false, { ref: false })]);
    if (!isQueued) return null;
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
    const describers: Partial<Record<StreamWait['kind'], () => DescribedWait | undefined | Promise<DescribedWait>>> = {
      consumers: () => consumersWait(layout, clock, consumers),
      feed: () => this.feedWait(layout, clock),
      pace: () => paceWait(wait.until),
      symbols: () => this.symbolsWait(session),
      upkeep: () => this.upkeepWait(layout),
    };
    // A coordinator of another version may have recorded a kind of wait that this one does not know.
    const described = await describers[wait.kind]?.();
    if (!described) return null;
    const { kind, what, since = isoTime(wait.since), detail, nextTryAt = null } = described;
    return { kind, what, since, detail, nextTryAt };
  }

  /** Names the symbols whose streams have not reached the next place of the clock: with barriers, the end of the next window. */
  private async feedWait(layout: SessionLayout, clock: number): Promise<DescribedWait> {
    const { streams } = await readFeedProgress(this.redis, layout);
    const hasBarrier = clock < layout.barrierEnd;
    const reachedOf = (reached: number) => (hasBarrier ? layout.windowEndBefore(reached) : reached);
    const isSlow = ({ ended, reached }: (typeof streams)[number]) => !ended && reachedOf(reached) <= clock;
    const slow = streams.filter(isSlow).map(({ symbol }) => symbol);
    const detail = `waiting for fed bars of ${counted(slow.length, 'symbol')}: ${listed(slow)}`;
    return { kind: 'feed', what: slow.slice(0, NAMES_MAX), detail };
  }

  /** Names the symbols that joined, and what keeps upkeep from making them whole. */
  private async symbolsWait(session: OpenSession): Promise<DescribedWait> {
    const { layout } = session;
    const shown = new Set(session.activeSymbols());
    const joining = layout.symbols.filter((symbol) => !shown.has(symbol));
    const problem = layout.spec.upkeep.enabled ? await this.upkeepProblem(layout) : undefined;
    const joined = `waiting for ${counted(joining.length, 'symbol')} that joined: ${listed(joining)}`;
    const detail = problem ? `${joined}; ${problem.detail}` : joined;
    return { kind: 'symbols', what: joining.slice(0, NAMES_MAX), detail, nextTryAt: problem?.nextTryAt ?? null };
  }

  private async upkeepWait(layout: SessionLayout): Promise<DescribedWait> {
    const detail = 'waiting for upkeep to repair and derive the next window';
    return (await this.upkeepProblem(layout)) ?? { kind: 'worker', what: [], detail };
  }

  /** Names the repositories that fail. If none fails, says that no worker takes jobs; undefined when upkeep only has not finished. */
  private async upkeepProblem(layout: SessionLayout): Promise<DescribedWait | undefined> {
    const failing = await new RepositoryFailures(this.redis, layout).list();
    if (failing.length > 0) {
      return {
        kind: 'repository',
        what: failing.map(({ repository }) => repository),
        since: isoTime(Math.min(...failing.map(({ since }) => since))),
        detail: repositoriesText(failing),
        nextTryAt: isoTime(Math.min(...failing.map(({ nextTryAt }) => nextTryAt))),
      };
    }
    const silentMs = await this.workerSilentMs();
    if (silentMs < WORKER_SILENT_MS) return undefined;
    const detail = `no upkeep worker has taken a job for ${Math.round(silentMs / 1000)} s`;
    return { kind: 'worker', what: [], detail };
  }
}

/** Names the error of every repository: the first one alone would hide the others. */
function repositoriesText(failing: readonly RepositoryFailure[]): string {
  const texts = failing.map(({ repository, error }) => `${repository}: ${error}`);
  return `waiting for ${failing.length === 1 ? 'repository' : 'repositories'} ${texts.join('; ')}`;
}

/**
 * Counts the consumers that joined while the session still waits for the expected number of them; after that names the slowest.
 * @returns undefined when no consumer holds the clock any more: the stream notices that within a second
 */
function consumersWait(
  { spec: { pace }, historyEnd }: SessionLayout,
  clock: number,
  consumers: readonly ConsumerView[],
): DescribedWait | undefined {
  const holding = consumers.filter(({ state }) => state === 'active' || state === 'silent');
  const expected = pace.mode === 'lockstep' ? pace.consumers : 0;
  // The clock leaves the history when the expected consumers have joined. After that, a lower number means that one was removed.
  if (clock <= historyEnd && consumers.length < expected) {
    const what = holding.map(({ name }) => name).slice(0, NAMES_MAX);
    return { kind: 'consumers', what, detail: `waiting for consumers: ${consumers.length} of ${expected} have joined` };
  }
  if (holding.length === 0) return undefined;
  const slowest = Math.min(...holding.map(({ time }) => time));
  const what = holding.filter(({ time }) => time === slowest).map(({ name }) => name);
  const detail = `waiting for consumer ${listed(what)}, the slowest, at ${isoTime(slowest)}`;
  return { kind: 'consumers', what: what.slice(0, NAMES_MAX), detail };
}

function paceWait(until: number | null): DescribedWait {
  const nextTryAt = until === null ? null : isoTime(until);
  return { kind: 'pace', what: [], detail: `the next bar is due at ${nextTryAt}`, nextTryAt };
}

/** A number with its noun, such as `2 symbols`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The names, or the first ones and `…` if there are many. */
function listed(names: readonly string[]): string {
  return names.length <= NAMES_MAX ? names.join(', ') : `${names.slice(0, NAMES_MAX).join(', ')} …`;
}
