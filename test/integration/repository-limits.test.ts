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
const twoWorkers = (name: string, limits: RepositoryLimits) =>
  [1, 2].map(() => new RepositoryLimit(redis, prefix, name, limits));

test('a session with 1,000 waiting requests does not starve a later session, and no more than 2 requests run', async () => {
  const limits = twoWorkers('fair', { concurrency: 2 });
  /** The sessions of the requests, in the order in which these began. */
  const order: string[] = [];
  let running = 0;
  let mostRunning = 0;
  const stop = new AbortController();
  /** Makes one request of a session, which takes 5 ms. */
  const request = async (limit: RepositoryLimit, session: string): Promise<void> => {
    const giveBack = await limit.take(session, stop.signal);
    order.push(session);
    mostRunning = Math.max(mostRunning, ++running);
    await delay(5);
    running--;
    giveBack();
  };
  const many = Array.from({ length: 1_000 }, (_, i) => request(limits[i % 2]!, 'many').catch(() => undefined));
  while (order.length < 20) await delay(5);
  const before = order.length;
  await request(limits[0]!, 'one');
  // Before it run at most the requests that were already granted, and one turn of the other worker.
  expect(order.indexOf('one') - before).toBeLessThanOrEqual(4);
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
  const leases = `${prefix}:{repository:late}:leases`;
  const expire = async () => {
    const [lease] = await redis.zrange(leases, 0, 0);
    await redis.zadd(leases, 1, lease!);
  };
  const limit = new RepositoryLimit(sendingTwice(redis, expire), prefix, 'late', { concurrency: 1 });
  const giveBack = await limit.take('s');
  // Another worker would remove an expired lease, and send a second request at the same time.
  const [, expiry] = await redis.zrange(leases, 0, 0, 'WITHSCORES');
  expect(Number(expiry)).toBeGreaterThan(Date.now());
  giveBack();
});

test('all workers together start no more requests in a period than the limit allows', async () => {
  const durationMs = 400;
  const limits = twoWorkers('rate', { max: 3, durationMs });
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: 9 }, async (_, i) => {
      const giveBack = await limits[i % 2]!.take(`s${i % 3}`);
      times.push(performance.now());
      giveBack();
    }),
  );
  // At most three in a period, so that the fourth after any request comes later. The server counts from the moment at which it
  // grants a permit; half a period allows for the time that its replies take.
  for (let i = 3; i < times.length; i++) expect(times[i]! - times[i - 3]!).toBeGreaterThan(durationMs / 2);
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(1.5 * durationMs);
});

test('a repository that rests gets no request from any worker until the longest rest is over', async () => {
  const [one, other] = twoWorkers('rest', {});
  const start = performance.now();
  await one!.rest(300);
  // A shorter rest does not end the longer one.
  await one!.rest(10);
  const giveBack = await other!.take('s');
  expect(performance.now() - start).toBeGreaterThan(280);
  giveBack();
});

test('the lease of a dead worker expires, and another request takes its place', async () => {
  const [limit] = twoWorkers('lease', { concurrency: 1 });
  // The state that a worker leaves when it dies between its request and the answer.
  await redis.zadd(`${prefix}:{repository:lease}:leases`, Date.now() + 200, 'of-a-dead-worker');
  const start = performance.now();
  const giveBack = await limit!.take('s');
  expect(performance.now() - start).toBeGreaterThan(100);
  giveBack();
});

test('an aborted waiter rejects, and the next request gets its turn', async () => {
  const [limit] = twoWorkers('abort', { concurrency: 1 });
  const giveBack = await limit!.take('first');
  const abort = new AbortController();
  const waiting = limit!.take('second', abort.signal);
  abort.abort(new Error('the slice ended'));
  await expect(waiting).rejects.toThrow('the slice ended');
  giveBack();
  const giveBackNext = await limit!.take('third');
  giveBackNext();
});
