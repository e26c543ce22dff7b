/**
 * Which jobs of upkeep and streaming are added once, and in which order they run, on a real queue Redis.
 * I11: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { noteJobTaken, parsePayload, UpkeepProducer, upkeepSilentMs, type JobName } from '@barkeep/upkeep-queues';
import { Counter } from '../support/setup/counter.js';
import { latch } from '../support/setup/latch.js';
import { newSession, TestQueues } from '../support/system/test-queues.js';

const server = new TestQueues();
const { redis, prefix, queues } = server;
const producer = new UpkeepProducer(queues, { attempts: 2, backoffMs: 1 });
afterEach(() => server.clear());
afterAll(() => server.close());

const SESSION = newSession();
/** A payload for each kind of job. */
const PAYLOADS = {
  stream: { ...SESSION, run: 1 },
  'detect-gaps': { ...SESSION, force: false },
  backfill: { ...SESSION, partition: 0, date: '2013-10-07', force: false, failures: 0, outages: 0 },
  aggregate: { ...SESSION, partition: 0, mayDetect: true },
};

test.each(Object.keys(PAYLOADS) as JobName[])('%s: a job that is added many times waits once', async (name) => {
  await Promise.all([1, 2, 3].map(() => producer.add(name, PAYLOADS[name])));
  await producer.addAll(name, [PAYLOADS[name], PAYLOADS[name]]);
  const jobs = await queues[name].getWaiting();
  expect(jobs.map(({ data }) => parsePayload(name, data))).toEqual([PAYLOADS[name]]);
});

test.each<[what: string, name: JobName, change: object]>([
  ['partition', 'aggregate', { partition: 1 }],
  ['date', 'backfill', { date: '2013-10-08' }],
  ['force', 'backfill', { force: true }],
  ['session', 'detect-gaps', newSession()],
  ['run', 'stream', { run: 2 }],
])('a job with another %s is another job (%s)', async (_what, name, change) => {
  await producer.add(name, PAYLOADS[name]);
  await producer.add(name, { ...PAYLOADS[name], ...change });
  expect(await queues[name].getWaitingCount()).toBe(2);
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
    await server.untilIdle(name);
    expect(begun.hits).toBe(2);
    // Added after the jobs have ended, it runs again.
    await producer.add(name, payload);
    await begun.reached(3);
  },
);

test('a forced backfill of a day is added while another one runs, and not while another one waits', async () => {
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
  // Now the waiting job is limited to AAA, as a job is after a part of its work. It does not request the other symbols, so a backfill of all
  // symbols is added.
  const [waiting] = await queues.backfill.getPrioritized();
  await waiting!.updateData({ ...payload, symbols: ['AAA'] });
  for (let call = 0; call < 3; call++) await producer.addBackfills([payload]);
  expect(await queues.backfill.getPrioritizedCount()).toBe(2);
  end.open();
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

test('the first day of every session is backfilled before the second day of any session', async () => {
  const [first, second] = [newSession(), newSession()];
  const days = ['2013-10-07', '2013-10-08', '2013-10-09'];
  await producer.addBackfills(days.map((date) => ({ ...first, partition: 0, date })));
  await producer.addBackfills(days.slice(0, 2).map((date) => ({ ...second, partition: 0, date })));
  const waiting = await queues.backfill.getPrioritized();
  const order = waiting.map(({ data }) => (data as { incarnation: string }).incarnation);
  expect(order).toEqual([first, second, first, second, first].map(({ incarnation }) => incarnation));
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

test('I11 upkeepSilentMs is the time for which jobs have waited while no worker took one', async () => {
  const now = Date.now();
  /** The time that it will return in 25 s. */
  const silentMs = () => upkeepSilentMs(redis, queues, prefix, now + 25_000);
  expect(await silentMs()).toBe(0);
  await producer.add('aggregate', { ...newSession(), partition: 0 });
  await producer.addBackfills([{ ...newSession(), partition: 0, date: '2013-10-07' }]);
  expect(await silentMs()).toBeGreaterThan(20_000);
  await noteJobTaken(redis, prefix);
  expect(await silentMs()).toBeLessThan(1_000);
});

test('I11 upkeepSilentMs counts the waiting jobs after the clock of Redis was set back by an hour', async () => {
  await redis.set(`${prefix}:upkeep-activity`, Date.now() + 3_600_000); // when a worker last took a job
  await producer.add('aggregate', { ...newSession(), partition: 0 });
  expect(await upkeepSilentMs(redis, queues, prefix, Date.now() + 25_000)).toBeGreaterThan(20_000);
});

test('I11 upkeepSilentMs does not count the difference between the clocks of a worker and a coordinator', async () => {
  const oneHourAhead = Date.now() + 3_600_000;
  await producer.add('aggregate', { ...newSession(), partition: 0 });
  await noteJobTaken(redis, prefix);
  expect(await upkeepSilentMs(redis, queues, prefix, oneHourAhead)).toBeLessThan(1_000);
});
