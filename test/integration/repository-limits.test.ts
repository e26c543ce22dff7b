/** The limits of a repository across workers, on a real Redis: each RepositoryLimit stands for one worker. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RepositoryLimit, type RepositoryLimits } from '@barkeep/session-data';
import { Redis } from 'ioredis';

const redis = new Redis(process.env['SESSION_REDIS_URL']!);
const prefix = `limits-${randomBytes(4).toString('hex')}`;

afterAll(async () => {
  const keys = await redis.keys(`${prefix}:*`);
  if (keys.length > 0) await redis.unlink(...keys);
  redis.disconnect();
});

const workers = (name: string, limits: RepositoryLimits) =>
  [1, 2].map(() => new RepositoryLimit(redis, prefix, name, limits));

test('a session with 1,000 requests does not starve a session that comes later', async () => {
  const both = workers('fair', { concurrency: 2 });
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const stop = new AbortController();
  const ask = async (limit: RepositoryLimit, session: string): Promise<void> => {
    const giveBack = await limit.take(session, stop.signal);
    order.push(session);
    most = Math.max(most, ++running);
    await delay(5);
    running--;
    giveBack();
  };
  const many = Array.from({ length: 1_000 }, (_, i) => ask(both[i % 2]!, 'many').catch(() => undefined));
  while (order.length < 20) await delay(5);
  const before = order.length;
  await ask(both[0]!, 'one');
  // At most the requests that already ran, and those of the other worker's turn.
  expect(order.indexOf('one') - before).toBeLessThanOrEqual(4);
  stop.abort(new Error('seen enough'));
  await Promise.all(many);
  expect(most).toBe(2);
});

test('all workers together start no more requests in a period than the limit allows', async () => {
  const durationMs = 400;
  const both = workers('rate', { max: 3, durationMs });
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: 9 }, async (_, i) => {
      const giveBack = await both[i % 2]!.take(`s${i % 3}`);
      times.push(performance.now());
      giveBack();
    }),
  );
  // Allows for the time that answers take: the server counts the moment at which it grants a permit.
  for (let i = 3; i < times.length; i++) expect(times[i]! - times[i - 3]!).toBeGreaterThan(durationMs / 2);
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(1.5 * durationMs);
});

test('a repository that rests is not asked by any worker until the rest is over', async () => {
  const [one, other] = workers('rest', {});
  const start = performance.now();
  await one!.rest(300);
  await one!.rest(10);
  (await other!.take('s'))();
  expect(performance.now() - start).toBeGreaterThan(280);
});

test('the lease of a worker that died expires, and others are granted its place', async () => {
  const [limit] = workers('lease', { concurrency: 1 });
  // The state that a worker leaves when it dies between its request and the answer.
  await redis.zadd(`${prefix}:{repository:lease}:leases`, Date.now() + 200, 'of-a-dead-worker');
  const start = performance.now();
  (await limit!.take('s'))();
  expect(performance.now() - start).toBeGreaterThan(100);
});

test('a waiter that is aborted leaves no trace, and keeps no other from its turn', async () => {
  const [limit] = workers('abort', { concurrency: 1 });
  const giveBack = await limit!.take('first');
  const abort = new AbortController();
  const waiting = limit!.take('second', abort.signal);
  abort.abort(new Error('the slice ended'));
  await expect(waiting).rejects.toThrow('the slice ended');
  giveBack();
  (await limit!.take('first'))();
});
