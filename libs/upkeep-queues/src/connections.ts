/** Connections to the queue Redis: producers fail fast, workers wait until the server is back. */
import { endTimerOnClose, openRedis } from '@barkeep/session-data';
import { Queue, type ConnectionOptions, type Processor, type Telemetry, Worker, type WorkerOptions } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { JOB_NAMES } from './contract.js';
import type { Queues } from './producer.js';

/** Delay before reconnection attempt `attempt`, in ms: 50 for the first one, at most 1000. */
export const retryStrategy = (attempt: number) => Math.min(50 * attempt, 1_000);

/**
 * A connection that does not answer for this long is closed, and ioredis connects again, ms. Without it a half-open
 * connection, which the server has forgotten, would stay for as long as TCP retransmits: a quarter of an hour.
 */
const SILENCE_LIMIT_MS = 8_000;
/** How long a worker blocks for the next job at most, s: BullMQ's own limit is 10 s. */
const BLOCK_MAX_SECONDS = 4;
/** The same for workers: longer than they block, because a blocked connection is silent. */
const WORKER_SILENCE_LIMIT_MS = 6_000;

/**
 * How long a worker waits after a connection error before it takes or ends a job again, ms. BullMQ's own 15 s are half a minute without
 * progress where two connections are cut.
 */
const RUN_RETRY_MS = 500;

/** A connection for adding jobs: a command fails when the server is away, instead of waiting. */
export function producerConnection(url: string, options: RedisOptions = {}): Redis {
  const defaults = { maxRetriesPerRequest: 1, socketTimeout: SILENCE_LIMIT_MS, retryStrategy };
  return withListener(openRedis(url, { ...defaults, ...options }));
}

/** A connection for running jobs: a command waits until the server is back. */
export function workerConnection(url: string): Redis {
  const socketTimeout = WORKER_SILENCE_LIMIT_MS;
  return withListener(openRedis(url, { maxRetriesPerRequest: null, socketTimeout, retryStrategy }));
}

/**
 * A worker that blocks and pauses for a short time, so that a connection that is half-open or cut soon works again. It aborts the signal
 * of a job whose lock is lost, because another worker then has the job.
 */
export class QueueWorker extends Worker {
  constructor(name: string, processor: Processor, options: WorkerOptions) {
    super(name, processor, { runRetryDelay: RUN_RETRY_MS, ...options });
    this.on('lockRenewalFailed', (jobIds) => {
      for (const id of jobIds) this.cancelJob(id, 'the lock was lost');
    });
    // BullMQ blocks on a copy of the connection.
    void this.backend.blockingClient?.then((client) => endTimerOnClose(client as unknown as Redis));
  }

  protected override getBlockTimeout(blockUntil: number): number {
    return Math.min(super.getBlockTimeout(blockUntil), BLOCK_MAX_SECONDS);
  }
}

/** What carries the trace of a job from the process that adds it to the one that runs it. */
export type QueueTelemetry = Telemetry;

/** The four queues on one connection. @param prefix BullMQ's key prefix, `bull` by default @param telemetry @default no traces */
export function openQueues(connection: ConnectionOptions, prefix: string, telemetry?: QueueTelemetry): Queues {
  return Object.fromEntries(
    JOB_NAMES.map((name) => [
      name,
      withListener(new Queue(name, { connection, prefix, ...(telemetry && { telemetry }) })),
    ]),
  ) as Queues;
}

/** An emitter without a listener for `error` prints or throws. The command that fails rejects with the same error. */
function withListener<T extends Redis | Queue>(emitter: T): T {
  emitter.on('error', () => undefined);
  return emitter;
}
