/** The status of the queues that operators see, on a real queue Redis. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  openQueues,
  producerConnection,
  readQueueStatus,
  UpkeepProducer,
  workerConnection,
  type JobName,
  type Queues,
  type QueueStatus,
} from '@barkeep/upkeep-queues';
import { UnrecoverableError, Worker, type Job } from 'bullmq';

const prefix = `test-${randomBytes(4).toString('hex')}`;
const url = process.env['REDIS_URL']!;
const redis = producerConnection(url);
const queues: Queues = openQueues(redis, prefix);
const producer = new UpkeepProducer(queues, { attempts: 1, backoffMs: 1 });
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

const session = (sessionId = 's-1') => ({ sessionId, incarnation: randomUUID() });

/** Runs a worker of a queue until the end of the test. */
function work(name: JobName, run: (job: Job) => Promise<void>): void {
  const connection = workerConnection(url);
  const worker = new Worker(name, run, { connection, prefix, drainDelay: 0.5 });
  worker.on('error', () => undefined);
  endings.push(async () => {
    await worker.close();
    connection.disconnect();
  });
}

/** Reads the status of a queue until it satisfies `isReached`. */
async function until(name: JobName, isReached: (status: QueueStatus) => boolean): Promise<QueueStatus> {
  for (;;) {
    const status = (await readQueueStatus(queues, Date.now())).find((queue) => queue.name === name)!;
    if (isReached(status)) return status;
    await sleep(25);
  }
}

it('shows the number of waiting jobs and the age of the oldest', async () => {
  await producer.addBackfills([
    { ...session(), partition: 0, date: '2013-10-07' },
    { ...session(), partition: 0, date: '2013-10-08' },
  ]);
  const added = Date.now();
  const statuses = await readQueueStatus(queues, added + 5_000);
  const backfill = statuses.find(({ name }) => name === 'backfill');
  const stream = statuses.find(({ name }) => name === 'stream');
  expect(backfill).toMatchObject({ name: 'backfill', waiting: 2, active: 0, failures: [], repairMs: null });
  expect(backfill!.oldestWaitingMs).toBeGreaterThanOrEqual(5_000);
  expect(stream).toMatchObject({ waiting: 0, oldestWaitingMs: null });
});

it('shows running jobs and failures with their session', async () => {
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  work('detect-gaps', () => finished);
  work('backfill', () => Promise.reject(new UnrecoverableError('vendor: 503')));
  await producer.add('detect-gaps', { ...session('s-running'), force: false });
  await producer.addBackfills([{ ...session('s-failed'), partition: 0, date: '2013-10-07' }]);
  const detect = await until('detect-gaps', ({ active }) => active === 1);
  const running = { id: expect.any(String) as string, session: 's-running', since: expect.any(Number) as number };
  expect(detect.running).toEqual([running]);
  const backfill = await until('backfill', ({ failed }) => failed === 1);
  expect(backfill.failures).toMatchObject([{ session: 's-failed', message: 'vendor: 503' }]);
  finish();
});

it('shows a backfill that failed and will be retried among the failures', async () => {
  work('backfill', () => Promise.reject(new Error('vendor: timeout')));
  const payload = { ...session(), partition: 0, date: '2013-10-07' };
  await queues.backfill.add('backfill', payload, { attempts: 5, backoff: { type: 'fixed', delay: 60_000 } });
  const { failures, failed } = await until('backfill', ({ delayed }) => delayed === 1);
  expect(failures).toMatchObject([{ message: 'vendor: timeout' }]);
  expect(failed).toBe(0);
});

it('measures the time from found gap to repair of completed jobs', async () => {
  work('aggregate', async () => undefined);
  const now = Date.now();
  // A job without the time at which its gap was found is not counted.
  for (const foundAt of [now - 1_000, now - 60_000, undefined]) {
    await producer.add('aggregate', { ...session(), partition: 0, foundAt });
  }
  const { repairMs } = await until('aggregate', ({ completed }) => completed === 3);
  expect(repairMs!.count).toBe(2);
  expect(repairMs!.p50).toBeGreaterThanOrEqual(1_000);
  expect(repairMs!.p99).toBeGreaterThanOrEqual(60_000);
});

it('keeps completed aggregate jobs and no backfills, and an equal job can run again after each', async () => {
  work('aggregate', async () => undefined);
  let ran = 0;
  work('backfill', async () => void ran++);
  const one = session();
  for (const round of [1, 2]) {
    await producer.add('aggregate', { ...one, partition: 0 });
    await until('aggregate', ({ completed }) => completed === round);
  }
  for (const round of [1, 2]) {
    await producer.addBackfills([{ ...one, partition: 0, date: '2013-10-07' }]);
    await until('backfill', ({ waiting, active }) => waiting + active === 0);
    expect(ran).toBe(round);
  }
  expect((await until('backfill', () => true)).completed).toBe(0);
});
