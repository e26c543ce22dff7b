/**
 * Fills the gaps of one partition on one trading day: finds the empty slots, requests their bars from the repositories, writes the bars
 * into the slots, and records for each other slot that the repositories have no bar for it.
 *
 * A repository that fails affects only the slots that were requested from it (invariant I12 of docs/ARCHITECTURE.md). The job asks it again
 * with growing delays. After the configured attempts the session's `upkeep.onFailure` decides: `wait` continues to ask, `continue` treats
 * the failure as an answer without bars, `fail` fails the session. A job with many symbols runs in time slices: other jobs get turns.
 */
import { messageOf, retryAfterMsOf } from '@barkeep/bar-repository';
import { noteFailure } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import { writeAnswer } from './answer-writer.js';
import { answeredNow } from './answered-before.js';
import type { BackfillParts, DayJob } from './day-job.js';
import { type DayRequests, findRequests } from './day-requests.js';
import { askDeclaredAgain, DECLARATIONS } from './declared-days.js';
import { OUTAGE_RETRY_MS_MAX, RepositoryFailedError, retryDelayMs } from './repositories.js';
import { askRepositories, type DayAnswer, type SymbolRequest } from './repository-requests.js';
import { failSession } from './upkeep-sessions.js';

/** A job has at most this many rounds. Each further round repeats the work, because symbols changed while they were filled. */
const ROUNDS_MAX = 5;
/** The time slice in which a job starts requests to one repository, ms: a job with symbols left goes back to the queue. */
const SLICE_MS = 500;

/** Thrown when a time slice ended before all symbols were requested. The job goes back to the queue. */
export class SliceEndedError extends Error {
  override readonly name = 'SliceEndedError';
  /** @param changes of the job's payload, with which it continues; undefined removes a field */
  constructor(readonly changes: Partial<Payload<'backfill'>>) {
    super('expected requests for all symbols within the time slice, but some symbols were left');
  }
}

/** The work of the queue `backfill`. */
export class Backfiller {
  constructor(private readonly parts: BackfillParts) {}

  /**
   * Runs one attempt, or one time slice of it. @throws SessionLostError; RepositoryFailedError to retry, SliceEndedError to continue,
   * UnrecoverableError when the job has failed the session
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
    const { sessionId, incarnation, partition, foundAt } = job.payload;
    let isRepaired = false;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const found = await findRequests(this.parts, job);
      if (found === 'stopped')
        return this.parts.producer.add('aggregate', { sessionId, incarnation, partition, mayDetect: false });
      // The events of found gaps are emitted while the repositories are asked, and before the events of filled gaps.
      const answering = found.requests.length > 0 ? this.requestBars(job, found) : undefined;
      const [answer] = await Promise.all([answering, found.gapsEmitted]);
      if (!answer) break; // there was nothing to request
      const { changed, filled } = await this.writeOrThrow(job, answer);
      isRepaired ||= filled > 0;
      if (changed.size === 0 || answer.failures.size > 0) break;
      job.symbols = symbolsToContinue(job, answer, changed);
    }
    const repairedFrom = isRepaired ? foundAt : undefined;
    await this.parts.producer.add('aggregate', { sessionId, incarnation, partition, foundAt: repairedFrom });
    // Read from the store, because an earlier run that died after its writes has not scheduled its retries.
    const nextRetry = await job.store.nextRetry();
    if (nextRetry !== undefined) {
      const soonest = this.parts.now() + this.parts.backoffMs;
      await this.parts.producer.detectAt({ sessionId, incarnation }, Math.max(nextRetry, soonest));
    }
  }

  private async requestBars(job: DayJob, { requests, isDeclarationRead }: DayRequests): Promise<DayAnswer> {
    const answer = await this.askOnce(job, requests);
    if (isDeclarationRead) answer.answered.add(DECLARATIONS);
    else await askDeclaredAgain(this.parts.dataSource, job, answer, (again) => this.askOnce(job, again));
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

  /** Writes an answer. @throws what {@link afterFailure} throws; SliceEndedError when a repository was not asked about all symbols */
  private async writeOrThrow(job: DayJob, answer: DayAnswer) {
    const { planned, changed, filled } = await writeAnswer(this.parts, job, answer);
    const symbols = [...answer.symbols.values()];
    const unasked = namesOf(symbols.filter(({ unaskedFrom }) => unaskedFrom !== undefined));
    if (answer.failures.size > 0) {
      const failed = namesOf(symbols.filter(({ failure }) => failure !== undefined));
      await this.afterFailure(job, answer, symbolsToContinue(job, answer, [...failed, ...unasked, ...changed]));
    }
    if (unasked.length > 0) {
      const symbolsLeft = symbolsToContinue(job, answer, [...unasked, ...changed]);
      throw new SliceEndedError({ symbols: symbolsLeft, answered: answeredNow(planned) });
    }
    return { changed, filled };
  }

  /**
   * Records all repositories that failed. The first of them determines the delay of the next attempt. An outage of PostgreSQL is no
   * attempt, and `onFailure` has no effect on it.
   * @param symbols what the next attempt is limited to; undefined for no change
   * @throws RepositoryFailedError to retry, UnrecoverableError when the session fails; returns when `onFailure` is `continue`
   */
  private async afterFailure(job: DayJob, answer: DayAnswer, symbols: string[] | undefined): Promise<void> {
    const { store, payload } = job;
    const { backoffMs, dataSource, redis, producer, now } = this.parts;
    const failed = [...answer.failures.values()];
    const { repository, error } = failed[0]!;
    const { sessionId, incarnation, partition } = payload;
    const isPostgresAway = failed.some((failure) => failure.isPostgresAway);
    const onFailure = isPostgresAway ? 'wait' : job.onFailure;
    const failures = payload.failures + 1;
    const outages = payload.outages + (isPostgresAway ? 1 : 0);
    const longestMs = isPostgresAway ? OUTAGE_RETRY_MS_MAX : undefined;
    const retryInMs = retryAfterMsOf(error) ?? retryDelayMs(failures, backoffMs, longestMs);
    for (const failure of failed) {
      const texts = { repository: failure.repository, error: messageOf(failure.error) };
      await noteFailure(store, { ...texts, nextTryAt: now() + retryInMs, failures }, now());
    }
    if (onFailure === 'continue') return;
    if (onFailure === 'fail') {
      const reason = `repository ${repository} failed ${failures - outages} times: ${messageOf(error)}`;
      await failSession(dataSource, redis, store.layout, reason);
      await producer.unschedule(incarnation);
      throw new UnrecoverableError(reason);
    }
    // The stored bars are derived while the job waits for the repository.
    await producer.add('aggregate', { sessionId, incarnation, partition, mayDetect: false });
    throw new RepositoryFailedError(repository, { failures, outages, symbols, answered: undefined }, retryInMs, error);
  }
}

function namesOf(symbols: readonly { request: SymbolRequest }[]): string[] {
  return symbols.map(({ request }) => request.symbol);
}

/**
 * What a job is limited to when it continues with the symbols that are `left`. A forced job requests every empty slot, also those that it
 * has requested before. So it is limited to these symbols, unless they are all. Any other job finds by itself what is left.
 */
function symbolsToContinue(job: DayJob, answer: DayAnswer, left: Iterable<string>): string[] | undefined {
  const names = new Set(left);
  const areAllLeft = [...answer.symbols.keys()].every((symbol) => names.has(symbol));
  return job.payload.force && !areAllLeft ? [...names] : job.symbols;
}
