/**
 * Calls the API as a careful user does: uses all coordinators in turn, and repeats a call until the answer is a success or a final refusal
 * (invariant I13 of docs/ARCHITECTURE.md).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Api, type ApiAnswer } from '../support/system/api.js';
import type { LabProcess } from './lab/process.js';

/** How long a call is repeated. */
const CALL_LIMIT_MS = 120_000;
/** How long one attempt may take: longer than the time after which the API itself answers 503. */
const ATTEMPT_LIMIT_MS = 35_000;
const RETRY_MS = 200;

/** A call was refused, or not answered in time. */
class CallError extends Error {
  override readonly name = 'CallError';
}

export class PersistentCalls {
  /** Number of attempts so far; it decides which coordinator is called next. */
  private attempts = 0;

  constructor(private readonly coordinators: readonly LabProcess[]) {}

  /**
   * Repeats a call until the answer is a success or a final refusal.
   * @param accepted statuses of refusals that count as a success
   * @throws CallError for another final refusal, and when no answer is final within the time limit
   */
  async request<T>(method: string, path: string, body?: unknown, accepted: readonly number[] = []): Promise<T> {
    const deadline = Date.now() + CALL_LIMIT_MS;
    let failure = '';
    while (Date.now() <= deadline) {
      const answer = await this.attempt<T>(method, path, body);
      if ('error' in answer) failure = answer.error;
      else {
        const isSuccess = answer.status < 300;
        if (isSuccess || accepted.includes(answer.status)) return answer.body;
        failure = `${answer.status} ${JSON.stringify(answer.body)}`;
        if (isFinalRefusal(answer.status)) throw new CallError(`${method} ${path}: ${failure}`);
      }
      await delay(RETRY_MS);
    }
    throw new CallError(`${method} ${path}: no answer in ${CALL_LIMIT_MS} ms, last ${failure}`);
  }

  /** Calls the next coordinator once. @returns the answer of any status, or the error when there is none */
  private async attempt<T>(method: string, path: string, body: unknown): Promise<ApiAnswer<T> | { error: string }> {
    const coordinator = this.nextCoordinator();
    if (!coordinator) return { error: 'no coordinator is live' };
    const timeout = delay(ATTEMPT_LIMIT_MS, { error: 'no answer' }, { ref: false });
    const call = new Api(coordinator.url!).call<T>(method, path, body);
    return Promise.race([call.catch((error: unknown) => ({ error: String(error) })), timeout]);
  }

  /** The live coordinators in turn; undefined while there is none. */
  private nextCoordinator(): LabProcess | undefined {
    const live = this.coordinators.filter((process) => process.isLive);
    return live[this.attempts++ % Math.max(1, live.length)];
  }
}

/** Whether to give up after a refusal. A coordinator that is overloaded or lacks a server may accept a repeated call. */
function isFinalRefusal(status: number): boolean {
  return status < 500 && status !== 429;
}
