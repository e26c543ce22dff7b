/** The limits of a repository across workers, on a real Redis: each RepositoryLimit stands for one worker. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RepositoryLimit, type RepositoryLimits } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { sendingTwice } from '../support/sessions/faulty-connections.js';

const redis = new Redis(process.env['SESSION_REDIS_URL']!);
const prefix = `limits-${randomBytes(4).toString('hex')}`;

afterAll(async () => {
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
});

/** Two workers with the limits of one repository. */
function twoWorkers(name: string, limits: RepositoryLimits): [RepositoryLimit, RepositoryLimit] {
  return [new RepositoryLimit(redis, prefix, name, limits), new RepositoryLimit(redis, prefix, name, limits)];
}

/** The key of a repository's leases, by expiry. */
const leasesOf = (name: string) => `${prefix}:{repository:${name}}:leases`;

test('a session with 1,000 waiting requests does not starve a later session, and no more than 2 requests run', async () => {
  const workers = twoWorkers('fair', { concurrency: 2 });
  /** The sessions of the requests that have begun, in this order. */
  const begun: string[] = [];
  let running = 0;
  let mostRunning = 0;
  const stop = new AbortController();
  /** Makes one request of a session, which takes 5 ms. */
  const request = async (worker: RepositoryLimit, session: string): Promise<void> => {
    const giveBack = await worker.take(session, stop.signal);
    begun.push(session);
    mostRunning = Math.max(mostRunning, ++running);
    await delay(5);
    running--;
    giveBack();
  };
  const many = Array.from({ length: 1_000 }, (_, i) => request(workers[i % 2]!, 'many').catch(() => undefined));
  while (begun.length < 20) await delay(5);
  const begunBefore = begun.length;
  await request(workers[0], 'later');
  // Before it come at most the requests that already had a permit, and one turn of the other worker.
  expect(begun.indexOf('later') - begunBefore).toBeLessThanOrEqual(4);
  stop.abort(new Error('seen enough'));
  await Promise.all(many);
  expect(mostRunning).toBe(2);
});

test('a permit whose grant is sent again, because its reply was lost, is granted once and given back whole', async () => {
  const limit = new RepositoryLimit(sendingTwice(redis), prefix, 'resent', { concurrency: 1 });
  // A leaked lease of the first request would block the second one until it expires.
  for (let request = 0; request < 2; request++) {
    const giveBack = await limit.take('s', AbortSignal.timeout(2_000));
    giveBack();
  }
});

test('a permit whose lease expired before its grant was sent again is granted anew', async () => {
  /** Lets the only lease expire: its expiry becomes 1, epoch ms. */
  const expire = async () => {
    const [lease] = await redis.zrange(leasesOf('late'), 0, 0);
    await redis.zadd(leasesOf('late'), 1, lease!);
  };
  const limit = new RepositoryLimit(sendingTwice(redis, expire), prefix, 'late', { concurrency: 1 });
  const giveBack = await limit.take('s');
  // Another worker would remove an expired lease, and send a second request at the same time.
  const [, expiry] = await redis.zrange(leasesOf('late'), 0, 0, 'WITHSCORES');
  expect(Number(expiry)).toBeGreaterThan(Date.now());
  giveBack();
});

test('all workers together start no more requests in a period than the limit allows', async () => {
  const durationMs = 400;
  const workers = twoWorkers('rate', { max: 3, durationMs });
  const startTimes: number[] = [];
  /** Makes a request on one of the two workers, for one of three sessions. */
  const request = async (i: number): Promise<void> => {
    const giveBack = await workers[i % 2]!.take(`s${i % 3}`);
    startTimes.push(performance.now());
    giveBack();
  };
  await Promise.all(Array.from({ length: 9 }, (_, i) => request(i)));
  // At most three start in a period, so the third after any request starts in a later one. The server counts from the moment at
  // which it grants a permit; half a period allows for the time that its replies take.
  for (let i = 3; i < startTimes.length; i++) {
    expect(startTimes[i]! - startTimes[i - 3]!).toBeGreaterThan(durationMs / 2);
  }
  expect(startTimes.at(-1)! - startTimes[0]!).toBeGreaterThan(1.5 * durationMs);
});

test('a repository that rests gets no request from any worker until the longest rest is over', async () => {
  const [one, other] = twoWorkers('rest', {});
  const start = performance.now();
  await one.rest(300);
  // A shorter rest does not end the longer one.
  await one.rest(10);
  const giveBack = await other.take('s');
  expect(performance.now() - start).toBeGreaterThan(280);
  giveBack();
});

test('the lease of a dead worker expires, and another request takes its place', async () => {
  const [limit] = twoWorkers('lease', { concurrency: 1 });
  // The state that a worker leaves when it dies between its request and the answer.
  await redis.zadd(leasesOf('lease'), Date.now() + 200, 'of-a-dead-worker');
  const start = performance.now();
  const giveBack = await limit.take('s');
  expect(performance.now() - start).toBeGreaterThan(100);
  giveBack();
});

/** A sorted set whose scores are times; limits for which the set is read; and a member, which the test gives a time an hour ahead. */
const TIMED_SETS: [set: string, limits: object, member: string][] = [
  ['leases', { concurrency: 1 }, 'of-a-dead-worker'],
  ['asked', { max: 1, durationMs: 200 }, 'of-an-earlier-request'],
  ['waiting', {}, 'of-a-session-that-has-ended'],
];
test.each(TIMED_SETS)(
  'requests go on when the clock of Redis was set back by an hour and the set %s has a later time',
  async (set, limits, member) => {
    const name = `set-back-${set}`;
    const [limit] = twoWorkers(name, limits);
    const base = `${prefix}:{repository:${name}}`;
    // This session already had a turn, so a session without a turn would come before it.
    await redis.zadd(`${base}:turns`, 1, 's');
    await redis.zadd(`${base}:${set}`, Date.now() + 3_600_000, member);
    const giveBack = await limit.take('s', AbortSignal.timeout(15_000));
    giveBack();
  },
  20_000,
);

test('a repository that rests is asked again in time after the clock of Redis was set back by an hour', async () => {
  const [limit] = twoWorkers('set-back-rest', {});
  // The stored rest: its end, which is an hour ahead, and its length, 200 ms.
  await redis.set(`${prefix}:{repository:set-back-rest}:resting`, `${Date.now() + 3_600_000} 200`);
  const giveBack = await limit.take('s', AbortSignal.timeout(5_000));
  giveBack();
});

test('an aborted waiter rejects, and the next request gets its turn', async () => {
  const [limit] = twoWorkers('abort', { concurrency: 1 });
  const giveBack = await limit.take('first');
  const abort = new AbortController();
  const waiting = limit.take('second', abort.signal);
  abort.abort(new Error('not needed any more'));
  await expect(waiting).rejects.toThrow('not needed any more');
  giveBack();
  const giveBackNext = await limit.take('third');
  giveBackNext();
});
