/**
 * The jobs of upkeep and streaming, on a real queue Redis: which are added once, and what happens to those that fail or are lost.
 * I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  noteJobTaken,
  parsePayload,
  releaseLostLocks,
  runLateJobs,
  UpkeepProducer,
  upkeepSilentMs,
  type JobName,
} from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import { latch } from '../support/setup/latch.js';
import { newSession, TestQueues } from '../support/system/test-queues.js';

/** How often and how soon failed jobs of these tests are retried. */
const RETRY = { attempts: 2, backoffMs: 1 };
const server = new TestQueues();
const { redis, prefix, queues } = server;
const producer = new UpkeepProducer(queues, RETRY);
afterEach(() => server.clear());
afterAll(() => server.close());

/** Counts calls of `hit`. `reached(n)` resolves at the n-th call. */
class Counter extends EventEmitter {
  hits = 0;
  hit = (): void => {
    this.hits++;
    this.emit('hit');
  };

  async reached(count: number): Promise<void> {
    while (this.hits < count) await once(this, 'hit');
  }
}

/** Waits until no job of a queue runs, waits or is delayed. */
async function untilIdle(name: JobName): Promise<void> {
  while ((await queues[name].getJobCountByTypes('active', 'waiting', 'delayed', 'prioritized')) > 0) {
    await sleep(10);
  }
}

test('a job that is added many times waits once; another partition, date, run, session or force is another job', async () => {
  const session = newSession();
  const payloads = {
    stream: { ...session, run: 1 },
    'detect-gaps': { ...session, force: false },
    backfill: { ...session, partition: 0, date: '2013-10-07', force: false, failures: 0, outages: 0 },
    aggregate: { ...session, partition: 0, mayDetect: true },
  };
  for (const name of Object.keys(payloads) as JobName[]) {
    await Promise.all([1, 2, 3].map(() => producer.add(name, payloads[name])));
    await producer.addAll(name, [payloads[name], payloads[name]]);
    const jobs = await queues[name].getWaiting();
    expect(jobs.map(({ data }) => parsePayload(name, data))).toEqual([payloads[name]]);
  }
  await producer.add('aggregate', { ...payloads.aggregate, partition: 1 });
  await producer.add('backfill', { ...payloads.backfill, date: '2013-10-08' });
  await producer.add('backfill', { ...payloads.backfill, force: true });
  await producer.add('detect-gaps', { ...payloads['detect-gaps'], ...newSession() });
  await producer.add('stream', { ...payloads.stream, run: 2 });
  const waiting = { stream: 2, 'detect-gaps': 2, backfill: 3, aggregate: 2 };
  for (const [name, count] of Object.entries(waiting) as [JobName, number][]) {
    expect([name, await queues[name].getWaitingCount()]).toEqual([name, count]);
  }
});

test.each(['detect-gaps', 'aggregate'] as const)(
  '%s: a job that is added many times while it runs, runs once more',
  async (name) => {
    const payload = { ...newSession(), force: false, partition: 0 };
    const begun = new Counter();
    const first = latch();
    server.work(name, async () => {
      begun.hit();
      await first.opened;
    });
    await producer.add(name, payload);
    await begun.reached(1);
    for (let i = 0; i < 5; i++) await producer.add(name, payload);
    first.open();
    await begun.reached(2);
    await untilIdle(name);
    expect(begun.hits).toBe(2);
    // Added after the jobs have ended, it runs again.
    await producer.add(name, payload);
    await begun.reached(3);
  },
);

test.each(['detect-gaps', 'aggregate'] as const)(
  '%s: after a job failed for good, an equal one can be added',
  async (name) => {
    const payload = { ...newSession(), force: false, partition: 0 };
    const tried = new Counter();
    server.work(name, async () => {
      tried.hit();
      throw new Error('not today');
    });
    await producer.add(name, payload);
    await tried.reached(RETRY.attempts);
    await untilIdle(name);
    expect(await queues[name].getFailedCount()).toBe(1);
    await producer.add(name, payload);
    await tried.reached(2 * RETRY.attempts);
    await untilIdle(name);
  },
);

test('I13 a forced detection, which a call has requested, is retried until it succeeds', async () => {
  const tried = new Counter();
  server.work('detect-gaps', async () => {
    tried.hit();
    if (tried.hits < 5 * RETRY.attempts) throw new Error('the session Redis is away');
  });
  await producer.add('detect-gaps', { ...newSession(), force: true });
  await tried.reached(5 * RETRY.attempts);
  await untilIdle('detect-gaps');
  expect(await queues['detect-gaps'].getFailedCount()).toBe(0);
});

test('a forced backfill is added again when one of its day has begun, and not while one waits', async () => {
  const payload = { ...newSession(), partition: 0, date: '2013-10-07', force: true };
  const begun = new Counter();
  const end = latch();
  const { worker } = server.work('backfill', async () => {
    begun.hit();
    await end.opened;
  });
  await producer.addBackfills([payload]);
  await begun.reached(1);
  await worker.pause(true);
  for (let call = 0; call < 3; call++) await producer.addBackfills([payload]);
  expect(await queues.backfill.getPrioritizedCount()).toBe(1);
  // The waiting job is limited to some symbols, as after a part of its work. It does not request the others again, so it does not count
  // as the same backfill.
  const [waiting] = await queues.backfill.getPrioritized();
  await waiting!.updateData({ ...payload, symbols: ['AAA'] });
  for (let call = 0; call < 3; call++) await producer.addBackfills([payload]);
  expect(await queues.backfill.getPrioritizedCount()).toBe(2);
  end.open();
});

test('a backfill that failed for good is kept until the same backfill is added again', async () => {
  const payload = { ...newSession(), partition: 0, date: '2013-10-07', force: false };
  const tried = new Counter();
  const { worker } = server.work('backfill', async () => {
    tried.hit();
    throw new UnrecoverableError('the session failed');
  });
  await producer.addBackfills([payload]);
  await tried.reached(1);
  await untilIdle('backfill');
  const [failed] = await queues.backfill.getFailed();
  expect(failed).toMatchObject({ failedReason: 'the session failed', attemptsMade: 1 });
  // With the worker paused the added jobs stay in the queue.
  await worker.pause();
  await producer.addBackfills([payload, { ...payload, date: '2013-10-08' }]);
  await producer.addBackfills([payload]);
  const waiting = await queues.backfill.getPrioritized();
  expect(waiting.map(({ data }) => (data as typeof payload).date).sort()).toEqual(['2013-10-07', '2013-10-08']);
  expect(await queues.backfill.getFailedCount()).toBe(0);
});

test('the first day of every session is backfilled before the second day of any session', async () => {
  const [first, second] = [newSession(), newSession()];
  const days = ['2013-10-07', '2013-10-08', '2013-10-09'];
  await producer.addBackfills(days.map((date) => ({ ...first, partition: 0, date })));
  await producer.addBackfills(days.slice(0, 2).map((date) => ({ ...second, partition: 0, date })));
  const waiting = await queues.backfill.getPrioritized();
  const order = waiting.map(({ data }) => (data as { incarnation: string }).incarnation);
  expect(order).toEqual([first, second, first, second, first].map(({ incarnation }) => incarnation));
});

test('I11 upkeepSilentMs is the time for which jobs have waited while no worker took one', async () => {
  const now = Date.now();
  /** The time that it will return in 25 s. */
  const silentMs = () => upkeepSilentMs(redis, queues, prefix, now + 25_000);
  expect(await silentMs()).toBe(0);
  await producer.add('aggregate', { ...newSession(), partition: 0 });
  await producer.addBackfills([{ ...newSession(), partition: 0, date: '2013-10-07' }]);
  expect(await silentMs()).toBeGreaterThan(20_000);
  await noteJobTaken(redis, prefix, now + 24_000);
  expect(await silentMs()).toBe(1_000);
});

test('a scheduler is created once, runs at once, is created again after a loss, changes its period, and is removed', async () => {
  const session = newSession();
  await Promise.all([producer.schedule(session, 60_000), producer.schedule(session, 60_000)]);
  await producer.schedule(session, 60_000);
  expect(await producer.scheduled()).toEqual([session.incarnation]);
  const ran = new Counter();
  const { worker } = server.work('detect-gaps', async (job) => {
    expect(parsePayload('detect-gaps', job.data)).toEqual({ ...session, force: false });
    ran.hit();
  });
  await ran.reached(1);
  await worker.close();

  // The queue Redis loses its data.
  await redis.unlink(...(await redis.keys(`${prefix}:*`)));
  expect(await producer.scheduled()).toEqual([]);
  await producer.schedule(session, 60_000);
  expect(await producer.scheduled()).toEqual([session.incarnation]);
  await producer.schedule(session, 30_000);
  expect(await queues['detect-gaps'].getJobSchedulers()).toMatchObject([{ every: 30_000 }]);
  for (let call = 0; call < 2; call++) await producer.unschedule(session.incarnation);
  expect(await producer.scheduled()).toEqual([]);
  expect(await queues['detect-gaps'].getDelayedCount()).toBe(0);
});

test('requests to detect gaps within one second make one job, at the end of the second', async () => {
  const session = newSession();
  /** The end of a second, about a minute from now. */
  const end = (Math.ceil(Date.now() / 1_000) + 60) * 1_000;
  for (const time of [end - 999, end - 500, end]) await producer.detectAt(session, time);
  const [job, ...others] = await queues['detect-gaps'].getDelayed();
  expect(others).toEqual([]);
  // The job is due at the end of the second; its delay may be a few milliseconds short.
  expect(job!.timestamp + job!.delay).toBeGreaterThanOrEqual(end - 5);
});

test('isStreamQueued is true for the job of a run from its addition to its end', async () => {
  const payload = { ...newSession(), run: 1 };
  expect(await producer.isStreamQueued(payload)).toBe(false);
  await producer.add('stream', payload);
  expect(await producer.isStreamQueued(payload)).toBe(true);
  const completions = new Counter();
  const { worker } = server.work('stream', async () => {
    expect(await producer.isStreamQueued(payload)).toBe(true);
    expect(await producer.isStreamQueued({ ...payload, run: 2 })).toBe(false);
  });
  worker.on('completed', completions.hit);
  await completions.reached(1);
  expect(await producer.isStreamQueued(payload)).toBe(false);
});

test('I11 a stream job that was interrupted many times is retried as soon as after its first interruption', async () => {
  const tried = new Counter();
  const delays: number[] = [];
  const { worker } = server.work('stream', () => {
    tried.hit();
    throw new Error('the session Redis is away');
  });
  worker.on('failed', (job) => delays.push(job!.delay));
  // A delay that doubled with each of eight attempts would exceed 40 ms.
  const producerOfTest = new UpkeepProducer(queues, { attempts: 5, backoffMs: 40 });
  await producerOfTest.add('stream', { ...newSession(), run: 1 });
  await tried.reached(8);
  expect(Math.max(...delays)).toBeLessThanOrEqual(40);
});

test.each(['detect-gaps', 'backfill', 'aggregate', 'stream'] as const)(
  '%s: another worker does the job of a dead one, and the job can then be added again',
  async (name) => {
    const payload = { ...newSession(), force: false, partition: 0, date: '2013-10-07', run: 1 };
    const lockMs = 400;
    const begun = new Counter();
    const { opened, open } = latch();
    const beginJob = () => {
      begun.hit();
      return opened;
    };
    // The first worker dies while its job runs. When the lock of the job has expired, another worker does it.
    const { kill } = server.work(name, beginJob, lockMs);
    await producer.add(name, payload);
    await begun.reached(1);
    await kill();
    const done = new Counter();
    const { worker } = server.work(name, async () => undefined, lockMs);
    worker.on('completed', done.hit);
    await done.reached(1);
    await producer.add(name, payload);
    await done.reached(2);
    open();
  },
);

test('I11 a job whose lock lost its expiry runs again once releaseLostLocks has removed the lock', async () => {
  const taken = new Counter();
  const neverEnding = () => {
    taken.hit();
    return new Promise<void>(() => undefined);
  };
  const { kill } = server.work('detect-gaps', neverEnding, 1_000);
  await producer.add('detect-gaps', { ...newSession(), force: false });
  await taken.reached(1);
  await kill();
  const [id] = await redis.lrange(`${prefix}:detect-gaps:active`, 0, -1);
  const lock = `${prefix}:detect-gaps:${id}:lock`;
  // A lock without expiry, as in a queue Redis that was restored from a copy of its keys.
  await redis.set(lock, 'of-a-worker-that-is-gone');
  await releaseLostLocks(redis, prefix);
  expect(await redis.exists(lock)).toBe(0);
  const again = new Counter();
  server.work('detect-gaps', async () => again.hit());
  await again.reached(1);
});

test('I11 runLateJobs lets jobs run that are overdue or come from a clock ahead, and no job with a long delay', async () => {
  const hour = 3_600_000;
  const now = Date.now();
  const add = (jobId: string, delay: number, timestamp: number) =>
    queues.backfill.add('backfill', {}, { jobId, delay, timestamp });
  const jobs = [
    await add('of-a-clock-ahead', 1_000, now + hour),
    await add('overdue', 1_000, now - hour),
    await add('later', hour, now),
  ];
  await runLateJobs(redis, queues);
  expect(await Promise.all(jobs.map((job) => job.getState()))).toEqual(['waiting', 'waiting', 'delayed']);
});
