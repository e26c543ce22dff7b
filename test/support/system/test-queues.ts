/** Queues on a real queue Redis for one test file, under a separate key prefix, and workers that end with their test. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openQueues, producerConnection, workerConnection, type JobName } from '@barkeep/upkeep-queues';
import { Worker, type Job } from 'bullmq';
import { removeKeys } from '../sessions/remove-keys.js';

const REDIS_URL = process.env['REDIS_URL']!;

export class TestQueues {
  readonly prefix = `test-${randomBytes(4).toString('hex')}`;
  readonly redis = producerConnection(REDIS_URL);
  readonly queues = openQueues(this.redis, this.prefix);
  private kills: (() => Promise<void>)[] = [];

  /**
   * Runs a worker until the end of the test. `kill` ends it without releasing its jobs.
   * @param lockDuration how long a job of a killed worker stays locked, ms
   */
  work(name: JobName, run: (job: Job) => Promise<void>, lockDuration = 30_000) {
    const connection = workerConnection(REDIS_URL);
    const worker = new Worker(name, run, {
      connection,
      prefix: this.prefix,
      lockDuration,
      // Short times, so that tests need not wait.
      stalledInterval: 200, // ms
      drainDelay: 0.5, // s
      settings: { backoffStrategy: () => 1 }, // ms, before each repetition of a job
      maxStalledCount: 5,
      concurrency: 4,
    });
    worker.on('error', () => undefined);
    const kill = async () => {
      await worker.close(true);
      connection.disconnect();
    };
    this.kills.push(kill);
    return { worker, kill };
  }

  /** Waits until no job of a queue runs, waits or is delayed. */
  async untilIdle(name: JobName): Promise<void> {
    const queue = this.queues[name];
    while ((await queue.getJobCountByTypes('active', 'waiting', 'delayed', 'prioritized')) > 0) await sleep(10);
  }

  /** Ends the workers and removes the jobs. Call it after each test. */
  async clear(): Promise<void> {
    await Promise.all(this.kills.splice(0).map((kill) => kill()));
    for (const queue of Object.values(this.queues)) await queue.obliterate({ force: true });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
    await removeKeys(this.redis, `${this.prefix}:`);
    this.redis.disconnect();
  }
}

/** What the payloads of a new session's jobs have in common. */
export const newSession = (sessionId = 's-1') => ({ sessionId, incarnation: randomUUID() });
