import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { SessionRedisAwayError } from './errors.js';
import { noteErrors, Outage, reconnectDelay } from './outage.js';

afterEach(() => jest.restoreAllMocks());

it('an outage counts from the start of the first call that fails, not from the later report of its failure', async () => {
  let time = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  const outage = new Outage({ status: 'reconnecting', options: {} } as Redis, 'march');
  await outage.run(async () => undefined);
  time += 1_000_000; // a pause between two calls, which does not count
  const begun = time;
  const away = Object.assign(new Error('gave up'), { name: 'MaxRetriesPerRequestError' });
  const fail = async (tookMs: number) => {
    const call = async () => {
      time += tookMs;
      throw away;
    };
    await expect(outage.run(call)).rejects.toBe(away);
    return outage.failed(away);
  };
  expect(await fail(10_000)).toBeUndefined();
  expect(await fail(49_000)).toBeUndefined();
  expect(await fail(1_000)).toBeInstanceOf(SessionRedisAwayError);
  expect(time - begun).toBe(60_000);
});

it('an outage begins after the last answer to a call that takes long', async () => {
  let time = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  const outage = new Outage({ status: 'reconnecting', options: {} } as Redis, 'march');
  const away = Object.assign(new Error('gave up'), { name: 'MaxRetriesPerRequestError' });
  expect(outage.failed(away)).toBeUndefined(); // an earlier outage, which the answers end
  const reload = async (): Promise<void> => {
    for (let day = 0; day < 100; day++) {
      time += 1_000;
      outage.answered();
    }
    throw away;
  };
  await expect(outage.run(reload)).rejects.toBe(away);
  expect(outage.failed(away)).toBeUndefined();
  time += 60_000;
  expect(outage.failed(away)).toBeInstanceOf(SessionRedisAwayError);
});

it.each([
  ['Error', 0], // of a second connection for reads
  ['MaxRetriesPerRequestError', 10_000], // of ioredis, which has tried to connect in this time
])(
  'an outage with %s begins when a connection is cut, even if the call was under way for long',
  async (name, triedMs) => {
    let time = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => time);
    const redis = Object.assign(new EventEmitter(), { status: 'reconnecting', options: {} }) as unknown as Redis;
    const outage = new Outage(noteErrors(redis), 'march');
    const cut = Object.assign(new Error('Connection is closed.'), { name });
    const longRead = async (): Promise<void> => {
      time += 100_000; // bytes of one long answer arrive all the time
      redis.emit('close');
      time += triedMs;
      redis.emit('close');
      throw cut;
    };
    await expect(outage.run(longRead)).rejects.toBe(cut);
    expect(outage.failed(cut)).toBeUndefined();
    time += 60_000 - triedMs;
    expect(outage.failed(cut)).toBeInstanceOf(SessionRedisAwayError);
  },
);

it('a server that refuses the user of the client is an error at once, which names the server', () => {
  const options = { host: 'redis.example.com', port: 6380 };
  const outage = new Outage({ status: 'ready', options } as Redis, 'march');
  expect(outage.failed(new Error('WRONGPASS invalid username-password pair'))).toMatchObject({
    name: 'SessionRedisAwayError',
    message:
      'session march: expected the session Redis at redis.example.com:6380 to answer, was: WRONGPASS invalid username-password pair',
  });
});

it('ioredis gives up calls often enough to notice the end of a minute', () => {
  const attemptsOfACall = 21; // the first one, and the 20 of its option maxRetriesPerRequest
  let time = 0;
  const gaveUpAt: number[] = [];
  for (let attempt = 1; time < 75_000; attempt++) {
    time += reconnectDelay(attempt);
    if (attempt % attemptsOfACall === 0) gaveUpAt.push(time);
  }
  expect(gaveUpAt.find((at) => at >= 60_000)).toBeLessThan(71_000);
});
