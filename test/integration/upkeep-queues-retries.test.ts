/**
 * What happens to jobs of upkeep and streaming that fail, on a real queue Redis.
 * I11, I13: invariants at the end of docs/ARCHITECTURE.md.
 */
import { UpkeepProducer } from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import { Counter } from '../support/setup/counter.js';
import { newSession, TestQueues } from '../support/system/test-queues.js';

/** How often and how soon failed jobs are retried. */
const RETRY = { attempts: 2, backoffMs: 1 };
const server = new TestQueues();
const { queues } = server;
const producer = new UpkeepProducer(queues, RETRY);
afterEach(() => server.clear());
afterAll(() => server.close());

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
    await server.untilIdle(name);
    expect(await queues[name].getFailedCount()).toBe(1);
    await producer.add(name, payload);
    await tried.reached(2 * RETRY.attempts);
    await server.untilIdle(name);
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
  await server.untilIdle('detect-gaps');
  expect(await queues['detect-gaps'].getFailedCount()).toBe(0);
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
  await server.untilIdle('backfill');
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
