/** Connections to the queue Redis: producers fail fast, workers wait until the server is back. */
import { endTimerOnClose, openRedis } from '@barkeep/session-data';
import { Queue, type ConnectionOptions, type Processor, type Telemetry, Worker, type WorkerOptions } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { JOB_NAMES } from './contract.js';
import type { Queues } from './producer.js';

/** Delay in ms before the reconnection with number `attempt`: 50 ms before the first one, at most 1 s. */
export const retryStrategy = (attempt: number) => Math.min(50 * attempt, 1_000);

/**
 * Time without an answer, ms, after which ioredis opens a new connection. Without this limit a half-open connection, which the server has
 * forgotten, would stay open for a quarter of an hour.
 */
const SILENCE_LIMIT_MS = 8_000;
/** Longest time in seconds that a worker's connection blocks to wait for the next job. BullMQ's own limit is 10 s. */
const BLOCK_MAX_SECONDS = 4;
/** The silence limit of workers' connections, ms. It is above {@link BLOCK_MAX_SECONDS}, because a blocked connection is silent. */
const WORKER_SILENCE_LIMIT_MS = 6_000;

/**
 * How long a worker waits after a connection error, ms, before it takes or completes a job. With BullMQ's 15 s, a worker whose connection
 * is cut twice would do nothing for half a minute.
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
 * A worker that recovers soon from a half-open or cut connection. When it loses the lock of a job, it aborts the job's signal: another
 * worker may then have the job.
 */
export class QueueWorker extends Worker {
  constructor(name: string, processor: Processor, options: WorkerOptions) {
    super(name, processor, { runRetryDelay: RUN_RETRY_MS, ...options });
    this.on('lockRenewalFailed', (jobIds) => {
      for (const id of jobIds) this.cancelJob(id, 'the lock was lost');
    });
    // BullMQ blocks for jobs on its own copy of the connection. When the copy closes, the timer of its
    // silence limit would keep the process alive.
    void this.backend.blockingClient?.then((client) => endTimerOnClose(client as unknown as Redis));
  }

  protected override getBlockTimeout(blockUntil: number): number {
    return Math.min(super.getBlockTimeout(blockUntil), BLOCK_MAX_SECONDS);
  }
}

/** Carries the trace of a job from the process that adds the job to the process that runs it. */
export type QueueTelemetry = Telemetry;

/** Opens the four queues on one connection. @param prefix BullMQ's key prefix @param telemetry undefined: no traces */
export function openQueues(connection: ConnectionOptions, prefix: string, telemetry?: QueueTelemetry): Queues {
  const options = { connection, prefix, ...(telemetry && { telemetry }) };
  return Object.fromEntries(JOB_NAMES.map((name) => [name, withListener(new Queue(name, options))])) as Queues;
}

/** Calls `act` at most once a second, for example for errors, which BullMQ emits many times a second during an outage. */
export function onceASecond<T>(act: (event: T) => void): (event: T) => void {
  let lastAt = -Infinity; // so that the first call acts
  return (event) => {
    if (performance.now() - lastAt < 1_000) return;
    lastAt = performance.now();
    act(event);
  };
}

/** The time of a Redis server, epoch ms. */
export async function serverTime(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

/** Ignores `error` events, which Node would print or throw without a listener. The failed command rejects with the same error. */
function withListener<T extends Redis | Queue>(emitter: T): T {
  emitter.on('error', () => undefined);
  return emitter;
}
