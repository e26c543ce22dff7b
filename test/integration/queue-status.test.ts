/** The status of the queues that operators see, on a real queue Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readQueueStatus, UpkeepProducer, type JobName, type QueueStatus } from '@barkeep/upkeep-queues';
import { UnrecoverableError } from 'bullmq';
import { newSession, TestQueues } from '../support/system/test-queues.js';
import { latch } from '../support/setup/latch.js';

const server = new TestQueues();
const { queues } = server;
const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 });
afterEach(() => server.clear());
afterAll(() => server.close());

const DAY = { partition: 0, date: '2013-10-07' };

async function statusOf(name: JobName, now = Date.now()): Promise<QueueStatus> {
  return (await readQueueStatus(queues, now)).find((status) => status.name === name)!;
}

/** Reads the status of a queue until it satisfies `isReached`. */
async function until(name: JobName, isReached: (status: QueueStatus) => boolean): Promise<QueueStatus> {
  for (;;) {
    const status = await statusOf(name);
    if (isReached(status)) return status;
    await sleep(25);
  }
}

it('the status shows the number of waiting jobs and the age of the oldest', async () => {
  await producer.addBackfills([
    { ...newSession(), ...DAY },
    { ...newSession(), ...DAY, date: '2013-10-08' },
  ]);
  const now = Date.now() + 5_000; // the status as it will be in 5 s
  const backfill = await statusOf('backfill', now);
  expect(backfill).toMatchObject({ name: 'backfill', waiting: 2, active: 0, failures: [], repairMs: null });
  expect(backfill.oldestWaitingMs).toBeGreaterThanOrEqual(5_000);
  expect(await statusOf('stream', now)).toMatchObject({ waiting: 0, oldestWaitingMs: null });
});

it('the status shows running jobs with their session', async () => {
  const { opened, open } = latch();
  server.work('detect-gaps', () => opened);
  await producer.add('detect-gaps', { ...newSession('s-running'), force: false });
  const { running } = await until('detect-gaps', ({ active }) => active === 1);
  expect(running).toEqual([{ id: expect.any(String), session: 's-running', since: expect.any(Number) }]);
  open();
});

it('the status shows failures with their session', async () => {
  server.work('backfill', () => Promise.reject(new UnrecoverableError('vendor: 503')));
  await producer.addBackfills([{ ...newSession('s-failed'), ...DAY }]);
  const { failures } = await until('backfill', ({ failed }) => failed === 1);
  expect(failures).toMatchObject([{ session: 's-failed', message: 'vendor: 503' }]);
});

it('the status shows a backfill that failed and will be retried among the failures', async () => {
  server.work('backfill', () => Promise.reject(new Error('vendor: timeout')));
  // Its first retry is a minute away, so that it stays delayed.
  const retry = { attempts: 5, backoff: { type: 'fixed', delay: 60_000 } };
  await queues.backfill.add('backfill', { ...newSession(), ...DAY }, retry);
  const { failures, failed } = await until('backfill', ({ delayed }) => delayed === 1);
  expect(failures).toMatchObject([{ message: 'vendor: timeout' }]);
  expect(failed).toBe(0);
});

it('the status measures the time from the finding of a gap to its repair, over completed jobs', async () => {
  server.work('aggregate', async () => undefined);
  const now = Date.now();
  // A job without the time at which its gap was found is not counted.
  for (const foundAt of [now - 1_000, now - 60_000, undefined]) {
    await producer.add('aggregate', { ...newSession(), partition: 0, foundAt });
  }
  const { repairMs } = await until('aggregate', ({ completed }) => completed === 3);
  expect(repairMs!.count).toBe(2);
  expect(repairMs!.p50).toBeGreaterThanOrEqual(1_000);
  expect(repairMs!.p99).toBeGreaterThanOrEqual(60_000);
});

it('the queue keeps a completed aggregate job, and an equal one can run again', async () => {
  server.work('aggregate', async () => undefined);
  const payload = { ...newSession(), partition: 0 };
  for (const round of [1, 2]) {
    await producer.add('aggregate', payload);
    await until('aggregate', ({ completed }) => completed === round);
  }
});

it('the queue keeps no completed backfill, and an equal one can run again', async () => {
  let runs = 0;
  server.work('backfill', async () => void runs++);
  const payload = { ...newSession(), ...DAY };
  for (const round of [1, 2]) {
    await producer.addBackfills([payload]);
    await until('backfill', ({ waiting, active }) => waiting + active === 0);
    expect(runs).toBe(round);
  }
  expect((await statusOf('backfill')).completed).toBe(0);
});
