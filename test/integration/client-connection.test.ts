/** Connections of the client library: the error for a wrong address, what closing leaves behind, and options that are checked first. */
import {
  ArgumentError,
  ClientClosedError,
  connect,
  EventCursorError,
  Mirror,
  SessionRedisAwayError,
} from '@barkeep/client';
import { endTimerOnClose, SessionConsumers } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { marketBars } from '../support/data/market.js';
import { runProgram } from '../support/programs/run-program.js';
import { runTo } from '../support/sessions/follow-store.js';
import { SMALL_SPEC, StoreServer } from '../support/sessions/session-store.js';

const LOCKSTEP = { ...SMALL_SPEC, pace: { mode: 'lockstep' } };
const MANY_LOOPS = join(__dirname, '../support/programs/many-loops.mjs');
const server = new StoreServer();
afterAll(() => server.close());

/** A client without a coordinator, because nothing listens on port 9: these tests need only the session Redis. */
const connectClient = () =>
  connect({
    coordinator: 'http://127.0.0.1:9',
    redis: process.env['SESSION_REDIS_URL']!,
    keyPrefix: server.prefix,
  });

/** A session in lockstep whose clock has passed the first hour, a client of it, and a view of its consumers. */
async function clientOfSession() {
  const store = await server.begin(server.layout(LOCKSTEP));
  await runTo(store, marketBars({ ...LOCKSTEP, seed: 3 }), store.layout.grid(0).openTime(60));
  const barkeep = connectClient();
  return {
    barkeep,
    session: barkeep.session(store.layout.id),
    consumers: new SessionConsumers(server.redis, store.layout),
  };
}

/** Number of timers that keep this process alive. */
const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;

/** Goes through steps or events to their end, and calls `inEach` for each of them. */
async function loopThrough(items: AsyncIterable<unknown>, inEach: () => void = () => undefined): Promise<void> {
  for await (const item of items) {
    expect(item).toBeDefined();
    inEach();
  }
}

// This test is the first one, because connections that other tests have closed still have timers.
test('an aborted loop, a closed mirror, and loops of a closed client leave no timer', async () => {
  const { barkeep, session } = await clientOfSession();
  const timersBefore = timers();
  const mirror = await session.mirror();
  const loops = [loopThrough(session.follow()), loopThrough(session.events())];
  const controller = new AbortController();
  const aborted = loopThrough(session.follow({ signal: controller.signal }), () =>
    controller.abort(new Error('enough')),
  );
  await expect(aborted).rejects.toThrow('enough');
  await barkeep.close();
  mirror.close();
  await Promise.all(loops.map((loop) => expect(loop).rejects.toThrow(ClientClosedError)));
  await delay(300); // the server closes the connections, which have timers until then
  expect(timers()).toBeLessThanOrEqual(timersBefore);
});

test('a session Redis that cannot be reached is an error that names its address', async () => {
  const redis = new Redis('redis://:secret@127.0.0.1:1/0', { maxRetriesPerRequest: 0, disconnectTimeout: 100 });
  redis.on('error', () => undefined);
  const barkeep = connect({ coordinator: 'http://127.0.0.1:1', redis });
  const opened = barkeep.session('march').reader();
  await expect(opened).rejects.toThrow(SessionRedisAwayError);
  await expect(opened).rejects.toThrow(
    'session march: expected the session Redis at 127.0.0.1:1 to answer, was: no connection',
  );
  await barkeep.close();
  redis.disconnect();
});

test('a disconnect during a blocking read leaves no timer', async () => {
  const redis = endTimerOnClose(new Redis(process.env['SESSION_REDIS_URL']!, { socketTimeout: 600_000 }));
  await redis.ping();
  const blockingRead = redis.xread('BLOCK', 0, 'STREAMS', 'no-such-stream', '$').catch(() => undefined);
  // The client sends the command, and starts its timer, in a later turn of the event loop.
  await new Promise(setImmediate);
  expect(redis['socketTimeoutTimer']).toBeDefined();
  const end = once(redis, 'end');
  redis.disconnect();
  await Promise.all([end, blockingRead]);
  expect(redis['socketTimeoutTimer']).toBeUndefined();
});

test('a consumer leaves when its client is closed within its loop', async () => {
  const { barkeep, session, consumers } = await clientOfSession();
  const loop = (async () => {
    let steps = 0;
    for await (const { time } of session.follow({ consumer: 'one' })) {
      expect(time).toBeGreaterThan(0);
      if (++steps === 10) await Promise.all([barkeep.close(), barkeep.close()]);
    }
  })();
  await expect(loop).rejects.toThrow(ClientClosedError);
  // The tenth step was not finished.
  expect(await consumers.list()).toMatchObject([{ state: 'left', steps: 9 }]);
});

test('a client whose connection has a key prefix reads each event once, and wakes the coordinator', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout } = store;
  const market = marketBars({ ...LOCKSTEP, seed: 3 });
  await runTo(store, market, layout.grid(0).openTime(60));
  const { events, wake } = layout.keysOf(0);
  const listener = server.redis.duplicate();
  await listener.subscribe(wake);
  const xread = jest.spyOn(Redis.prototype, 'xread');
  // ioredis adds the first part of the prefix to each key, and the client adds the rest.
  const [first, rest] = [server.prefix.slice(0, 4), server.prefix.slice(4)];
  const redis = new Redis(process.env['SESSION_REDIS_URL']!, { keyPrefix: first });
  const barkeep = connect({ coordinator: 'http://127.0.0.1:9', redis, keyPrefix: rest });
  try {
    const mirror = await barkeep.session(layout.id).mirror();
    for (const slot of [70, 80, 90]) {
      const time = layout.grid(0).openTime(slot);
      await runTo(store, market, time);
      await mirror.waitFor(time);
    }
    // The arguments of a call: COUNT n BLOCK ms STREAMS events changes ID_OF_EVENTS ID_OF_CHANGES.
    const calls = xread.mock.calls.map((call) => call.map(String));
    const [EVENTS, ID_OF_EVENTS] = [5, 7];
    expect(new Set(calls.map(({ length }) => length))).toEqual(new Set([9]));
    expect(calls.map((call) => first + call[EVENTS]!)).toEqual(calls.map(() => events));
    // The id moves on with the events that were read.
    expect(calls.at(-1)![ID_OF_EVENTS]).not.toBe(calls[0]![ID_OF_EVENTS]);
    const awakened = once(listener, 'message');
    await barkeep.session(layout.id).follow({ consumer: 'one' }).next();
    await awakened;
  } finally {
    xread.mockRestore();
    await barkeep.close();
    for (const connection of [redis, listener]) connection.disconnect();
  }
});

test('dozens of loops and mirrors of one client cause no warning about listeners', async () => {
  const { barkeep, session } = await clientOfSession();
  const args = [MANY_LOOPS, process.env['SESSION_REDIS_URL']!, server.prefix, session.id];
  const options = { cwd: __dirname, env: process.env, timeout: 30_000 };
  expect(await runProgram(process.execPath, args, options)).toEqual({ code: 0, stdout: '', stderr: '' });
  await barkeep.close();
});

test('wrong options of events are errors, also for a session that does not exist', async () => {
  const barkeep = connectClient();
  const session = barkeep.session('no-such-session');
  const types = ['state', 'sate'] as unknown as ['state'];
  await expect(session.events({ types }).next()).rejects.toThrow(ArgumentError);
  await expect(session.events({ types: [] }).next()).rejects.toThrow('was []');
  const type = 'state' as unknown as ['state']; // not in an array, as a program in JavaScript may pass it
  await expect(session.events({ types: type }).next()).rejects.toThrow(ArgumentError);
  // Only operators get events of this type, so the loop would wait without end.
  await expect(session.events({ types: ['repository-failed'] }).next()).rejects.toThrow(ArgumentError);
  for (const from of ['yesterday', 5, 5n, null] as string[])
    await expect(session.events({ from }).next()).rejects.toThrow(EventCursorError);
  await barkeep.close();
});

test('a signal that is none, and a listener that is no function, are errors that name them', async () => {
  const { barkeep, session } = await clientOfSession();
  const reader = await session.reader();
  const signal = {} as AbortSignal;
  const calls = [
    session.reader({ signal }),
    session.completed({ signal }),
    session.events({ signal }).next(),
    session.follow({ signal }).next(),
    Mirror.open(server.redis, reader, {}, signal),
  ];
  const refused = 'signal: expected an AbortSignal, was {}';
  await Promise.all(calls.map((call) => expect(call).rejects.toThrow(refused)));
  const listener = 3 as unknown as () => void;
  const following = session.follow({ consumer: 'one', onKept: listener });
  await expect(following.next()).rejects.toThrow('onKept: expected a function, was 3');
  const mirror = await session.mirror();
  expect(() => mirror.onChange(listener)).toThrow('listener: expected a function, was 3');
  await barkeep.close();
});
