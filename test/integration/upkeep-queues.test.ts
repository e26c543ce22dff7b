/** The jobs of upkeep and streaming, on a real queue Redis: which are added once, and what happens to those that fail or are lost. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  noteJobTaken,
  openQueues,
  parsePayload,
  producerConnection,
  releaseLostLocks,
  runLateJobs,
  UpkeepProducer,
  upkeepSilentMs,
  workerConnection,
  type JobName,
  type Queues,
} from '@barkeep/upkeep-queues';
import { UnrecoverableError, Worker, type Job } from 'bullmq';

/** How the producer of these tests lets failed jobs be retried. */
const RETRY = { attempts: 2, backoffMs: 1 };
const prefix = `test-${randomBytes(4).toString('hex')}`;
const url = process.env['REDIS_URL']!;
const redis = producerConnection(url);
const queues: Queues = openQueues(redis, prefix);
const producer = new UpkeepProducer(queues, RETRY);
/** Ends the workers of a test. */
let endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(endings.map((end) => end()));
  endings = [];
  for (const queue of Object.values(queues)) await queue.obliterate({ force: true });
});

afterAll(async () => {
  await Promise.all(Object.values(queues).map((queue) => queue.close()));
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
});

const session = () => ({ sessionId: 's-1', incarnation: randomUUID() });

/**
 * Runs a worker until the end of the test. `die` ends it without releasing its jobs, as a kill would.
 * @param lockDuration how long a job of a dead worker stays locked, ms
 */
function work(name: JobName, run: (job: Job) => Promise<void>, lockDuration = 30_000) {
  const connection = workerConnection(url);
  const options = {
    connection,
    prefix,
    lockDuration,
    stalledInterval: 200,
    maxStalledCount: 5,
    concurrency: 4,
    drainDelay: 0.5,
  };
  const worker = new Worker(name, run, options);
  worker.on('error', () => undefined);
  const die = async () => {
    await worker.close(true);
    connection.disconnect();
  };
  endings.push(die);
  return { worker, die };
}

/** Counts calls of `hit`. `reached(n)` resolves at the n-th call. */
function counter() {
  let hits = 0;
  const waiting: { at: number; resolve: () => void }[] = [];
  return {
    hit: () => {
      hits++;
      for (const { at, resolve } of waiting) if (hits >= at) resolve();
    },
    get hits() {
      return hits;
    },
    reached: (at: number) => new Promise<void>((resolve) => (hits >= at ? resolve() : waiting.push({ at, resolve }))),
  };
}

/** A promise that a test resolves by `finish`. */
function held() {
  let finish = (): void => undefined;
  const promise = new Promise<void>((resolve) => (finish = resolve));
  return { promise, finish };
}

/** Waits until no job of a queue runs, waits or is delayed. */
async function untilIdle(name: JobName): Promise<void> {
  while ((await queues[name].getJobCountByTypes('active', 'waiting', 'delayed', 'prioritized')) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a job that is added many times waits once; another partition, date, run, session or force is another job', async () => {
  const ref = session();
  const payloads = {
    stream: { ...ref, run: 1 },
    'detect-gaps': { ...ref, force: false },
    backfill: { ...ref, partition: 0, date: '2013-10-07', force: false, failures: 0 },
    aggregate: { ...ref, partition: 0, mayDetect: true },
  };
  for (const name of Object.keys(payloads) as JobName[]) {
    await Promise.all([1, 2, 3].map(() => producer.add(name, payloads[name])));
    await producer.addAll(name, [payloads[name], payloads[name]]);
    const jobs = await queues[name].getWaiting();
    expect(jobs.map(({ data }) => parsePayload(name, data))).toEqual([payloads[name]]);
  }
  await producer.add('aggregate', { ...ref, partition: 1 });
  await producer.add('backfill', { ...payloads.backfill, date: '2013-10-08' });
  await producer.add('backfill', { ...payloads.backfill, force: true });
  await producer.add('detect-gaps', { ...session(), force: false });
  await producer.add('stream', { ...ref, run: 2 });
  const waiting = { stream: 2, 'detect-gaps': 2, backfill: 3, aggregate: 2 };
  for (const [name, count] of Object.entries(waiting) as [JobName, number][]) {
    expect([name, await queues[name].getWaitingCount()]).toEqual([name, count]);
  }
});

test.each(['detect-gaps', 'aggregate'] as const)(
  '%s: a job that is added many times while it runs, runs once more',
  async (name) => {
    const payload = { ...session(), force: false, partition: 0 };
    const begun = counter();
    const first = held();
    work(name, async () => {
      begun.hit();
      await first.promise;
    });
    await producer.add(name, payload);
    await begun.reached(1);
    for (let i = 0; i < 5; i++) await producer.add(name, payload);
    first.finish();
    await begun.reached(2);
    await untilIdle(name);
    expect(begun.hits).toBe(2);
    await producer.add(name, payload);
    await begun.reached(3);
  },
);

test.each(['detect-gaps', 'aggregate'] as const)(
  '%s: after a job failed for good, an equal one can be added',
  async (name) => {
    const payload = { ...session(), force: false, partition: 0 };
    const tried = counter();
    work(name, async () => {
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

test('a backfill that failed for good is kept until the same backfill is added again', async () => {
  const payload = { ...session(), partition: 0, date: '2013-10-07', force: false };
  const tried = counter();
  const { worker } = work('backfill', async () => {
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

test('the first day of each session is backfilled before the second day of any', async () => {
  const [first, second] = [session(), session()];
  const days = ['2013-10-07', '2013-10-08', '2013-10-09'];
  await producer.addBackfills(days.map((date) => ({ ...first, partition: 0, date })));
  await producer.addBackfills(days.slice(0, 2).map((date) => ({ ...second, partition: 0, date })));
  const waiting = await queues.backfill.getPrioritized();
  const order = waiting.map(({ data }) => (data as { incarnation: string }).incarnation);
  expect(order).toEqual([first, second, first, second, first].map(({ incarnation }) => incarnation));
});

test('I11 upkeepSilentMs is the time for which jobs have waited while no worker took one', async () => {
  const now = Date.now();
  /** The time that it will be in 25 s, if no worker takes a job until then. */
  const silentMs = () => upkeepSilentMs(redis, queues, prefix, now + 25_000);
  expect(await silentMs()).toBe(0);
  await producer.add('aggregate', { ...session(), partition: 0 });
  await producer.addBackfills([{ ...session(), partition: 0, date: '2013-10-07' }]);
  expect(await silentMs()).toBeGreaterThan(20_000);
  await noteJobTaken(redis, prefix, now + 24_000);
  expect(await silentMs()).toBe(1_000);
});

test('a scheduler is created once, runs at once, is created again after a loss, and changes its period', async () => {
  const ref = session();
  await Promise.all([producer.schedule(ref, 60_000), producer.schedule(ref, 60_000)]);
  await producer.schedule(ref, 60_000);
  expect(await producer.scheduled()).toEqual([ref.incarnation]);
  const ran = counter();
  const { worker } = work('detect-gaps', async (job) => {
    expect(parsePayload('detect-gaps', job.data)).toEqual({ ...ref, force: false });
    ran.hit();
  });
  await ran.reached(1);
  await worker.close();

  // The queue Redis loses its data.
  await redis.unlink(...(await redis.keys(`${prefix}:*`)));
  expect(await producer.scheduled()).toEqual([]);
  await producer.schedule(ref, 60_000);
  expect(await producer.scheduled()).toEqual([ref.incarnation]);
  await producer.schedule(ref, 30_000);
  expect(await queues['detect-gaps'].getJobSchedulers()).toMatchObject([{ every: 30_000 }]);
  await producer.unschedule(ref.incarnation);
  await producer.unschedule(ref.incarnation);
  expect(await producer.scheduled()).toEqual([]);
  expect(await queues['detect-gaps'].getDelayedCount()).toBe(0);
});

test('requests to detect gaps within one second make one job, at the end of the second', async () => {
  const ref = session();
  const second = Math.ceil(Date.now() / 1000) + 60;
  for (const ms of [-999, -500, 0]) await producer.detectAt(ref, second * 1000 + ms);
  const jobs = await queues['detect-gaps'].getDelayed();
  expect(jobs).toHaveLength(1);
  // The delay may be a few milliseconds short.
  expect(jobs[0]!.timestamp + jobs[0]!.delay).toBeGreaterThanOrEqual(second * 1000 - 5);
});

test('isStreamQueued is true for the job of a run from its addition to its end', async () => {
  const payload = { ...session(), run: 1 };
  expect(await producer.isStreamQueued(payload)).toBe(false);
  await producer.add('stream', payload);
  expect(await producer.isStreamQueued(payload)).toBe(true);
  const completions = counter();
  const { worker } = work('stream', async () => {
    expect(await producer.isStreamQueued(payload)).toBe(true);
    expect(await producer.isStreamQueued({ ...payload, run: 2 })).toBe(false);
  });
  worker.on('completed', completions.hit);
  await completions.reached(1);
  expect(await producer.isStreamQueued(payload)).toBe(false);
});

test.each(['detect-gaps', 'backfill', 'aggregate', 'stream'] as const)(
  '%s: another worker does the job of a dead one, and the job can then be added again',
  async (name) => {
    const payload = { ...session(), force: false, partition: 0, date: '2013-10-07', run: 1 };
    const lockMs = 400;
    const begun = counter();
    const { promise, finish } = held();
    const runJob = () => {
      begun.hit();
      return promise;
    };
    const { die } = work(name, runJob, lockMs);
    await producer.add(name, payload);
    await begun.reached(1);
    await die();
    const done = counter();
    const { worker } = work(name, async () => undefined, lockMs);
    worker.on('completed', done.hit);
    await done.reached(1);
    await producer.add(name, payload);
    await done.reached(2);
    finish();
  },
);

test('I11 a job whose lock lost its expiry runs again once releaseLostLocks has removed the lock', async () => {
  const taken = counter();
  const neverEnding = () => {
    taken.hit();
    return new Promise<void>(() => undefined);
  };
  const { die } = work('detect-gaps', neverEnding, 1_000);
  await producer.add('detect-gaps', { ...session(), force: false });
  await taken.reached(1);
  await die();
  const [id] = await redis.lrange(`${prefix}:detect-gaps:active`, 0, -1);
  const lock = `${prefix}:detect-gaps:${id}:lock`;
  // The state of a queue Redis that was restored from a copy of its keys.
  await redis.set(lock, 'of-a-worker-that-is-gone');
  await releaseLostLocks(redis, prefix);
  expect(await redis.exists(lock)).toBe(0);
  const again = counter();
  work('detect-gaps', async () => again.hit());
  await again.reached(1);
});

test('I11 runLateJobs lets jobs run that are overdue or come from a clock ahead, and no job with a long delay', async () => {
  const hour = 3_600_000;
  const add = (jobId: string, delay: number, timestamp = Date.now()) =>
    queues.backfill.add('backfill', {}, { jobId, delay, timestamp });
  const jobs = [
    await add('of-a-clock-ahead', 1_000, Date.now() + hour),
    await add('overdue', 1_000, Date.now() - hour),
    await add('later', hour),
  ];
  await runLateJobs(redis, queues);
  expect(await Promise.all(jobs.map((job) => job.getState()))).toEqual(['waiting', 'waiting', 'delayed']);
});
