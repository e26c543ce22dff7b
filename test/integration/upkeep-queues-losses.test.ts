/**
 * What happens to jobs and schedulers after a loss, on a real queue Redis: of a worker, of the expiry of a lock, of all keys, or of the right
 * time.
 * I11: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { parsePayload, releaseLostLocks, runLateJobs, UpkeepProducer } from '@barkeep/upkeep-queues';
import { Counter } from '../support/setup/counter.js';
import { latch } from '../support/setup/latch.js';
import { newSession, TestQueues } from '../support/system/test-queues.js';

const server = new TestQueues();
const { redis, prefix, queues } = server;
const producer = new UpkeepProducer(queues, { attempts: 2, backoffMs: 1 });
afterEach(() => server.clear());
afterAll(() => server.close());

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

test('I11 runLateJobs removes a scheduler that a clock ahead has run, so that it can be created again with the right time', async () => {
  const session = newSession();
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  await producer.schedule(session, 60_000);
  now.mockRestore();
  const ran = new Counter();
  server.work('detect-gaps', async () => ran.hit());
  await ran.reached(1); // the next job of the scheduler is due in an hour
  await runLateJobs(redis, queues);
  expect(await producer.scheduled()).toEqual([]);
  await producer.schedule(session, 60_000);
  await ran.reached(2);
  await runLateJobs(redis, queues);
  expect(await producer.scheduled()).toEqual([session.incarnation]);
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
