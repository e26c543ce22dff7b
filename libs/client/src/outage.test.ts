/**
 * How long an outage of the session Redis has lasted, as the client counts it. The client makes its calls through `run`, and reports each
 * answer inside of a long call with `answered`. It passes the error of a call to `failed`, which returns undefined while the client is to
 * try again, and a SessionRedisAwayError after a minute. Time passes only where a test says so.
 */
import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { SessionRedisAwayError } from './errors.js';
import { noteErrors, Outage, reconnectDelay } from './outage.js';

/** How long the client tries again, ms: the default of `Outage`. */
const LIMIT_MS = 60_000;
/** Time since the start of the test, ms. */
let time: number;
beforeEach(() => {
  time = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
});
afterEach(() => jest.restoreAllMocks());

/** A connection of ioredis, which tries to connect again, as far as `Outage` reads it. */
const reconnecting = () =>
  Object.assign(new EventEmitter(), { status: 'reconnecting', options: {} }) as unknown as Redis;
/** The error of ioredis for a call that it gave up after its attempts to connect. */
const gaveUp = Object.assign(new Error('gave up'), { name: 'MaxRetriesPerRequestError' });

it('an outage counts from the start of the first call that fails, not from the later report of its failure', async () => {
  const outage = new Outage(reconnecting(), 'march');
  await outage.run(async () => undefined);
  time += 1_000_000; // a pause between two calls, which does not count
  /** Makes a call that fails after this time. @returns what `failed` says of it */
  const failAfter = async (ms: number) => {
    const call = async () => {
      time += ms;
      throw gaveUp;
    };
    await expect(outage.run(call)).rejects.toBe(gaveUp);
    return outage.failed(gaveUp);
  };
  expect(await failAfter(10_000)).toBeUndefined();
  expect(await failAfter(LIMIT_MS - 10_000 - 1)).toBeUndefined();
  expect(await failAfter(1)).toBeInstanceOf(SessionRedisAwayError);
});

it('an outage begins after the last answer inside of a long call', async () => {
  const outage = new Outage(reconnecting(), 'march');
  expect(outage.failed(gaveUp)).toBeUndefined(); // an earlier outage, which the answers end
  const answersOfALongCall = 100;
  const longCall = async (): Promise<void> => {
    for (let answer = 0; answer < answersOfALongCall; answer++) {
      time += 1_000;
      outage.answered();
    }
    throw gaveUp;
  };
  await expect(outage.run(longCall)).rejects.toBe(gaveUp);
  expect(outage.failed(gaveUp)).toBeUndefined();
  time += LIMIT_MS;
  expect(outage.failed(gaveUp)).toBeInstanceOf(SessionRedisAwayError);
});

it.each([
  { call: 'of a second connection, for reads', name: 'Error', triedMs: 0 },
  { call: 'that ioredis gave up after 10 s', name: 'MaxRetriesPerRequestError', triedMs: 10_000 },
])('an outage begins when the connection is cut during a long call $call', async ({ name, triedMs }) => {
  const redis = reconnecting();
  const outage = new Outage(noteErrors(redis), 'march');
  const cut = Object.assign(new Error('Connection is closed.'), { name });
  const longRead = async (): Promise<void> => {
    time += 100_000; // bytes of one long answer arrive all the time
    redis.emit('close'); // the cut
    time += triedMs;
    redis.emit('close'); // the end of an attempt to connect, which begins no new outage
    throw cut;
  };
  await expect(outage.run(longRead)).rejects.toBe(cut);
  expect(outage.failed(cut)).toBeUndefined();
  time += LIMIT_MS - triedMs;
  expect(outage.failed(cut)).toBeInstanceOf(SessionRedisAwayError);
});

it('a server that refuses the user of the client is an error at once, which names the server', () => {
  const options = { host: 'redis.example.com', port: 6380 };
  const outage = new Outage({ status: 'ready', options } as Redis, 'march');
  expect(outage.failed(new Error('WRONGPASS invalid username-password pair'))).toMatchObject({
    name: 'SessionRedisAwayError',
    message:
      'session march: expected the session Redis at redis.example.com:6380 to answer, was: WRONGPASS invalid username-password pair',
  });
});

it('ioredis gives up a call soon after the limit, so that the client notices that it is reached', () => {
  const attemptsOfACall = 21; // the first one, and the 20 of its option maxRetriesPerRequest
  const delayMax = 500; // the longest time between two attempts, ms
  const gaveUpAt: number[] = [];
  for (let attempt = 1; (gaveUpAt.at(-1) ?? 0) < LIMIT_MS; attempt++) {
    time += reconnectDelay(attempt);
    if (attempt % attemptsOfACall === 0) gaveUpAt.push(time);
  }
  expect(gaveUpAt.at(-1)! - LIMIT_MS).toBeLessThan(attemptsOfACall * delayMax);
});
