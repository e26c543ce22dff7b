/**
 * What happens to jobs of upkeep and streaming that fail, on a real queue Redis.
 * Invariants (docs/ARCHITECTURE.md): I11, when a server goes away, no session stands still for good; I13, an accepted call is carried out.
 */
import { UpkeepProducer } from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import { Counter } from '../support/setup/counter.js';
import { newSession, TestQueues } from '../support/system/test-queues.js';

/** The attempts of a job, including the first one, and the first delay before a retry. Some jobs have their own number of attempts. */
const RETRY = { attempts: 2, backoffMs: 1 };
const server = new TestQueues();
const { queues } = server;
const producer = new UpkeepProducer(queues, RETRY);
afterEach(() => server.clear());
afterAll(() => server.close());

test.each(['detect-gaps', 'aggregate'] as const)(
  '%s: after a job failed for good, which is after its last attempt, an equal one can be added',
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
  const neededAttempts = 5 * RETRY.attempts; // far more than other jobs get
  server.work('detect-gaps', async () => {
    tried.hit();
    if (tried.hits < neededAttempts) throw new Error('the session Redis is away');
  });
  await producer.add('detect-gaps', { ...newSession(), force: true });
  await tried.reached(neededAttempts);
  await server.untilIdle('detect-gaps');
  expect(await queues['detect-gaps'].getFailedCount()).toBe(0);
});

test('a backfill that failed for good is kept until an equal one is added, which takes its place', async () => {
  const payload = { ...newSession(), partition: 0, date: '2013-10-07', force: false };
  const tried = new Counter();
  const { worker } = server.work('backfill', async () => {
    tried.hit();
    throw new UnrecoverableError('the session failed'); // BullMQ does not retry after this error
  });
  await producer.addBackfills([payload]);
  await tried.reached(1);
  await server.untilIdle('backfill');
  const [failed] = await queues.backfill.getFailed();
  expect(failed).toMatchObject({ failedReason: 'the session failed', attemptsMade: 1 });
  // With the worker paused the added jobs stay in the queue.
  await worker.pause();
  await producer.addBackfills([payload, { ...payload, date: '2013-10-08' }]);
  await producer.addBackfills([payload]); // adds nothing, because an equal job waits
  const waiting = await queues.backfill.getPrioritized();
  expect(waiting.map(({ data }) => (data as typeof payload).date).sort()).toEqual(['2013-10-07', '2013-10-08']);
  expect(await queues.backfill.getFailedCount()).toBe(0);
});

test('I11 the delay before a retry of a stream job does not grow with its attempts', async () => {
  const tried = new Counter();
  const delays: number[] = [];
  const { worker } = server.work('stream', () => {
    tried.hit();
    throw new Error('the session Redis is away');
  });
  worker.on('failed', (job) => delays.push(job!.delay));
  const backoffMs = 40;
  // Stream jobs take only the delay from these settings. They have STREAM_ATTEMPTS (producer.ts), so that 8 attempts are possible.
  const streamProducer = new UpkeepProducer(queues, { attempts: 5, backoffMs });
  await streamProducer.add('stream', { ...newSession(), run: 1 });
  await tried.reached(8);
  // A delay that doubled with each attempt would exceed the first one.
  expect(Math.max(...delays)).toBeLessThanOrEqual(backoffMs);
});
