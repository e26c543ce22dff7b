/**
 * Fills the gaps of one partition on one trading day: finds the empty slots, requests their bars from the repositories, writes the bars
 * into the slots, and records for each other slot that the repositories have no bar for it.
 *
 * A repository that fails affects only the slots that were requested from it (invariant I12 of docs/ARCHITECTURE.md). The job asks it again
 * with growing delays. After the configured attempts the session's `upkeep.onFailure` decides: `wait` continues to ask, `continue` treats
 * the failure as an answer without bars, `fail` fails the session. A job with many symbols runs in time slices: other jobs get turns.
 */
import { messageOf, retryAfterMsOf } from '@barkeep/bar-repository';
import {
  asksToSettle,
  fewestAsks,
  planFill,
  retryAt,
  type DatasetAnswer,
  type DayGrid,
  type FillPlan,
} from '@barkeep/bars';
import type { SymbolFill, UpkeepStore } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { answeredNow } from './answered-before.js';
import { type DayRequests, requestsOf } from './day-requests.js';
import { askDeclaredAgain, DECLARATIONS, declaredSymbols } from './declared-days.js';
import { OUTAGE_RETRY_MS_MAX, RepositoryFailedError, retryDelayMs, type Repositories } from './repositories.js';
import { type WorkParts, failSession } from './upkeep-sessions.js';
import {
  askRepositories,
  SliceEndedError,
  type SymbolRequest,
  type DayAnswer,
  quarantineRefused,
  refusalTexts,
} from './repository-requests.js';

/** A job has at most this many rounds. Each further round repeats the work, because symbols changed while they were filled. */
const ROUNDS_MAX = 5;
/** The time slice in which a job starts requests to one repository, ms: a job with symbols left goes back to the queue. */
const SLICE_MS = 500;

interface BackfillParts extends WorkParts {
  repositories: Repositories;
  dataSource: DataSource;
  redis: Redis;
  /** First delay after a failure, ms. It doubles with each failure; a random part of up to half is subtracted. */
  backoffMs: number;
  repositoryTimeoutMs: number;
  /** How often a repository may fail during one job before `onFailure` decides. */
  attempts: number;
}

/** What one run of a job needs: the partition's day, the store, and what ends the run. */
interface DayJob {
  store: UpkeepStore;
  payload: Payload<'backfill'>;
  /** The symbols that the job is limited to; undefined for no limit. */
  symbols: string[] | undefined;
  day: number;
  grid: DayGrid;
  signal: AbortSignal | undefined;
  /** What a failure in this attempt leads to: `wait` before the last attempt; in the last one, what the session's spec says. */
  onFailure: 'wait' | 'continue' | 'fail';
}

interface PlannedFill {
  symbol: string;
  plan: FillPlan;
  /** What is written; left out when a repository failed or was not asked, and no other one has a bar. */
  fill?: SymbolFill;
}

/** The work of the queue `backfill`. */
export class Backfiller {
  constructor(private readonly parts: BackfillParts) {}

  /**
   * Runs one attempt, or one time slice of it.
   * @throws SessionLostError; RepositoryFailedError when the queue must retry the job; SliceEndedError when the queue must
   * continue it; UnrecoverableError when the job has failed the session
   */
  async run(payload: Payload<'backfill'>, signal?: AbortSignal): Promise<void> {
    await this.parts.sessions.with(payload, async (store) => {
      const day = store.layout.dayIndexOf(payload.date);
      if (day === undefined || store.layout.symbolsOf(payload.partition).length === 0) return;
      const grid = store.layout.grid(day);
      const isLastAttempt = payload.failures - payload.outages + 1 >= this.parts.attempts; // an outage is no attempt
      const onFailure = isLastAttempt ? store.layout.spec.upkeep.onFailure : 'wait';
      await this.fillDay({ store, payload, symbols: payload.symbols, day, grid, signal, onFailure });
    });
  }

  /** Fills the day in rounds, then adds the jobs that follow: `aggregate`, and the next detection when absent bars are due again. */
  private async fillDay(job: DayJob): Promise<void> {
    const { store, payload } = job;
    const { sessionId, incarnation, partition } = payload;
    let isRepaired = false;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const found = await this.findRequests(job);
      const { requests, isStopped, gapsEmitted } = found;
      if (isStopped)
        return this.parts.producer.add('aggregate', { sessionId, incarnation, partition, mayDetect: false });
      // The events of found gaps are emitted while the repositories are asked, and before the events of filled gaps.
      const answering = requests.length > 0 ? this.requestBars(job, found) : undefined;
      const [answer] = await Promise.all([answering, gapsEmitted]);
      if (!answer) break; // there was nothing to request
      const { planned, changed, filled } = await this.writeAnswer(job, requests, answer);
      isRepaired ||= filled > 0;
      const { unasked, failureBySymbol, failureByRepository } = answer;
      // A forced job would request the same slots again, so it continues only with the symbols that are left, unless all are left.
      const areAllLeft = (symbols: string[]) => requests.every(({ symbol }) => symbols.includes(symbol));
      const limitedTo = (...symbols: string[]) =>
        payload.force && !areAllLeft(symbols) ? [...new Set(symbols)] : job.symbols;
      const symbolsLeft = [...unasked.keys(), ...changed];
      if (failureByRepository.size > 0) {
        await this.afterFailure(job, answer, limitedTo(...failureBySymbol.keys(), ...symbolsLeft));
      }
      if (unasked.size > 0) {
        const answered = answeredNow(requests, answer, new Map(planned.map(({ symbol, plan }) => [symbol, plan.runs])));
        throw new SliceEndedError({ symbols: limitedTo(...symbolsLeft), answered });
      }
      if (changed.size === 0 || failureByRepository.size > 0) break;
      job.symbols = limitedTo(...changed);
    }
    const foundAt = isRepaired ? payload.foundAt : undefined;
    await this.parts.producer.add('aggregate', { sessionId, incarnation, partition, foundAt });
    // Read from the store, because an earlier run that died after its writes has not scheduled its retries.
    const nextRetry = await store.nextRetry();
    if (nextRetry !== undefined) {
      const soonest = this.parts.now() + this.parts.backoffMs;
      await this.parts.producer.detectAt({ sessionId, incarnation }, Math.max(nextRetry, soonest));
    }
  }

  private async requestBars(job: DayJob, { requests, isDeclarationRead }: DayRequests): Promise<DayAnswer> {
    const answer = await this.askOnce(job, requests);
    const readDeclared = (symbols: readonly string[]) =>
      declaredSymbols(this.parts.dataSource, job.store.layout, symbols, job.grid.date);
    if (isDeclarationRead) answer.answered.add(DECLARATIONS);
    else await askDeclaredAgain(answer, readDeclared, (again) => this.askOnce(job, again));
    return answer;
  }

  private askOnce(job: DayJob, requests: readonly SymbolRequest[]): Promise<DayAnswer> {
    const { store, grid, signal, onFailure } = job;
    const { repositoryTimeoutMs: timeoutMs } = this.parts;
    const options = { timeoutMs, sliceMs: SLICE_MS, signal, givesUp: onFailure === 'continue' };
    const tags = { 'barkeep.session': store.layout.id, 'barkeep.date': grid.date, 'barkeep.symbols': requests.length };
    return this.parts.tracing.span('ask repositories', tags, () =>
      askRepositories(this.parts.repositories, store, grid, requests, options),
    );
  }

  /** Finds the empty slots to request, and begins to emit the events of gaps that no detection has found. */
  private async findRequests(job: DayJob): Promise<DayRequests> {
    const { store, day, grid, payload } = job;
    const { partition, date, force } = payload;
    const names = store.layout.symbolsOf(partition);
    // Redis answers these commands in this order, so the slots are at least as new as the frontier.
    const [isStopped, positions, retries, symbols, declared] = await Promise.all([
      store.isStopped(),
      store.positions(),
      store.dueRetries(partition, this.parts.now()),
      store.readDay(partition, day, names),
      this.declaredFirst(store, names, date),
    ]);
    const { frontier = 0, retainedFrom = 0 } = positions[partition] ?? {};
    // A call may still request the bars of a session that was stopped.
    if (isStopped && !force) return { requests: [], isStopped };
    if (grid.open < retainedFrom) return { requests: [] };
    const closedSlots = grid.closedBy(frontier);
    const due = new Set(retries.filter((retry) => retry.date === date).map(({ symbol }) => symbol));
    // The stream may have continued since the detection, so some gaps may be new.
    const gapsEmitted = store.events
      .gapsFound(partition, day, closedSlots, symbols)
      .then((gaps) => this.parts.figures.found(gaps));
    const chosen = symbols.filter(({ symbol }) => job.symbols?.includes(symbol) ?? true);
    const requests = requestsOf({ symbols: chosen, closedSlots, due, declared }, payload, job.onFailure === 'continue');
    return { requests, isDeclarationRead: declared !== undefined, gapsEmitted };
  }

  /**
   * Reads the declarations before the requests when a repository of the user's module is asked: it may be limited, and must not be asked
   * twice. When only datasets are asked, the requests come first, because most answers have all bars. @returns undefined when not read
   */
  private async declaredFirst({ layout }: UpkeepStore, symbols: readonly string[], date: string) {
    const { repositories, dataSource } = this.parts;
    if (!layout.spec.backfill.some((name) => repositories.get(name)?.isOwn)) return undefined;
    // The repositories are also asked while PostgreSQL is away. For symbols that lack bars, the declarations are read again afterwards.
    return declaredSymbols(dataSource, layout, symbols, date).catch(() => undefined);
  }

  /**
   * Writes bars, states, refused bars and errors.
   * @returns what was planned, the symbols that changed since they were read, and the number of filled slots
   */
  private async writeAnswer(job: DayJob, requests: readonly SymbolRequest[], answer: DayAnswer) {
    const { store, grid, day } = job;
    const { partition } = job.payload;
    const planned = requests.map((request) => this.planSymbol(job, request, answer));
    // Bars that fit no slot of the day are refused as well.
    for (const { symbol, plan } of planned) {
      for (const { dataset: index, bar, reason } of plan.refused) {
        const { openTime: time, ...values } = bar;
        answer.refused.push({ symbol, dataset: store.layout.datasets[index]!, time, ...values, reason });
      }
    }
    const fills = planned.flatMap(({ fill }) => fill ?? []);
    const { dataSource, repositories } = this.parts;
    const counts = await quarantineRefused(dataSource, store.layout, grid.date, answer.refused, repositories);
    const [changed] = await Promise.all([store.fill(partition, day, fills, counts), this.clearFailures(store, answer)]);
    const texts = refusalTexts(answer.refused);
    for (const [symbol, { error }] of answer.failureBySymbol) texts.set(symbol, messageOf(error));
    for (const [symbol, text] of texts) await store.noteError(partition, grid.date, [symbol], text);
    return { planned, changed, filled: this.countFills(planned, changed, answer) };
  }

  /** Counts, in the metrics, filled slots of symbols that did not change and all refused bars. @returns the number of filled slots */
  private countFills(planned: readonly PlannedFill[], changed: ReadonlySet<string>, { refused }: DayAnswer): number {
    let total = 0;
    for (const { symbol, fill, plan } of planned) {
      if (!fill || changed.has(symbol)) continue;
      this.parts.figures.filled(plan.filled, plan.settled);
      total += plan.filled;
    }
    for (const { dataset } of refused) this.parts.figures.refused(dataset);
    return total;
  }

  /** Plans one symbol. When its answer is partial (a repository failed or was not asked), slots without a bar keep their state. */
  private planSymbol(job: DayJob, request: SymbolRequest, answer: DayAnswer): PlannedFill {
    const { store, grid } = job;
    const { symbol, states, asked } = request;
    const { upkeep } = store.layout.spec;
    const failure = answer.failureBySymbol.get(symbol);
    const hasFailed = failure !== undefined;
    const complete = answer.declared.has(symbol) && !hasFailed;
    const isGivenUp = failure?.isPostgresAway === false && job.onFailure === 'continue';
    const isPartial = answer.unasked.has(symbol) || (hasFailed && !isGivenUp);
    const answers: DatasetAnswer[] = [...(answer.answers.get(symbol) ?? [])];
    // A repository that is given up counts as one answer. It has no bars, so its dataset number has no meaning.
    if (isGivenUp) answers.push({ dataset: 0, bars: [] });
    const plan = planFill({ grid, states, asked, answers, complete, asksToSettle: asksToSettle(upkeep), isPartial });
    if (isPartial && plan.filled === 0) return { symbol, plan };
    const { statesAfter, runs, absent } = plan;
    const { now, backoffMs } = this.parts;
    let dueAt: number | undefined;
    // After a partial answer absent slots are due at once, because not every repository has answered.
    if (absent > 0) dueAt = isPartial ? now() : retryAt(now(), fewestAsks(statesAfter), backoffMs);
    return { symbol, plan, fill: { symbol, before: states, after: statesAfter, runs, dueAt } };
  }

  /** Deletes the records of failures of repositories that answered and did not fail. */
  private async clearFailures(store: UpkeepStore, { answered, failureByRepository }: DayAnswer): Promise<void> {
    if (answered.size === 0) return;
    for (const { repository } of await store.failures.list()) {
      if (answered.has(repository) && !failureByRepository.has(repository))
        await store.failures.clear(repository, this.parts.now());
    }
  }

  /**
   * Records all repositories that failed. The first of them determines the delay of the next attempt. An outage of PostgreSQL does
   * not count as an attempt, and `onFailure` has no effect on it.
   * @param symbols what the next attempt is limited to; undefined for no change
   * @throws RepositoryFailedError to retry, UnrecoverableError when the session fails; returns when `onFailure` is `continue`
   */
  private async afterFailure(
    job: DayJob,
    { failureByRepository }: DayAnswer,
    symbols: string[] | undefined,
  ): Promise<void> {
    const { store, payload } = job;
    const failed = [...failureByRepository.values()];
    const { repository, error } = failed[0]!;
    const { sessionId, incarnation, partition } = payload;
    const isPostgresAway = failed.some((failure) => failure.isPostgresAway);
    const onFailure = isPostgresAway ? 'wait' : job.onFailure;
    const failures = payload.failures + 1;
    const outages = payload.outages + (isPostgresAway ? 1 : 0);
    const longestMs = isPostgresAway ? OUTAGE_RETRY_MS_MAX : undefined;
    const retryInMs = retryAfterMsOf(error) ?? retryDelayMs(failures, this.parts.backoffMs, longestMs);
    for (const failure of failed) {
      const texts = { repository: failure.repository, error: messageOf(failure.error) };
      await store.failures.note({ ...texts, nextTryAt: this.parts.now() + retryInMs, failures }, this.parts.now());
    }
    if (onFailure === 'continue') return;
    if (onFailure === 'fail') {
      const reason = `repository ${repository} failed ${failures - outages} times: ${messageOf(error)}`;
      await failSession(this.parts.dataSource, this.parts.redis, store.layout, reason);
      await this.parts.producer.unschedule(incarnation);
      throw new UnrecoverableError(reason);
    }
    // The stored bars are derived while the job waits for the repository.
    await this.parts.producer.add('aggregate', { sessionId, incarnation, partition, mayDetect: false });
    throw new RepositoryFailedError(repository, { failures, outages, symbols, answered: undefined }, retryInMs, error);
  }
}
