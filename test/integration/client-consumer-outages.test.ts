/** Consumers that are slow or stand still, and whose connection to the session Redis breaks. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { followSession } from '@barkeep/client';
import { SessionConsumers } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { runTo } from '../support/sessions/follow-store.js';
import {
  FOLLOWED_MARKET as MARKET,
  FOLLOWED_SPEC as SPEC,
  FollowedServer,
  SLOTS_OF_DAY,
} from '../support/sessions/followed-server.js';
import { tcpGate } from '../support/system/tcp-gate.js';

/** Base bars that the clock may be ahead of the slowest consumer. */
const LEAD = 30;
const LOCKSTEP = { mode: 'lockstep', window: LEAD };
const SLOW_FOLLOWER = join(__dirname, '../support/programs/slow-follower.mjs');

const server = new FollowedServer();
afterAll(() => server.close());

/** A session whose consumers are dropped after one second without a message. `viewOf` shows one of them. */
async function withShortHeartbeat() {
  const store = await server.begin(server.layout({ ...SPEC, pace: { ...LOCKSTEP, heartbeatSeconds: 1 } }));
  await runTo(store, MARKET, store.layout.grid(0).openTime(LEAD));
  const consumers = new SessionConsumers(server.redis, store.layout);
  const viewOf = async (name: string) => (await consumers.list()).find((view) => view.name === name);
  return { store, consumers, viewOf };
}

test('a consumer whose loop is slow is not dropped', async () => {
  const { store, consumers, viewOf } = await withShortHeartbeat();
  const slow = server.follow(store, { consumer: 'slow' });
  await slow.next();
  // The consumer requests no further step and sends only heartbeats, for three times the allowed silence.
  const begun = (await viewOf('slow'))!.seenAt;
  while ((await viewOf('slow'))!.seenAt < begun + 3_000) await consumers.limit();
  expect(await viewOf('slow')).toMatchObject({ state: 'active', steps: 0 });
  expect((await consumers.limit()).slowest).toBe(store.layout.sessionStart);
  await slow.return();
});

test('a consumer whose process stands still is dropped, and is active again when the process continues', async () => {
  const { store, consumers, viewOf } = await withShortHeartbeat();
  const { layout } = store;
  const child = fork(SLOW_FOLLOWER, [process.env['SESSION_REDIS_URL']!, layout.keysOf(0).prefix, layout.id, 'stopped']);
  try {
    await once(child, 'message');
    child.kill('SIGSTOP');
    while ((await consumers.limit()).slowest !== undefined);
    expect(await viewOf('stopped')).toMatchObject({ state: 'dropped' });
    child.kill('SIGCONT');
    while ((await consumers.limit()).slowest === undefined);
    expect(await viewOf('stopped')).toMatchObject({ state: 'active' });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** A connection to the session Redis that a test can cut at its gate. */
async function cuttable() {
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url);
  redis.on('error', () => undefined);
  return { gate, redis };
}

test('an aborted loop ends soon although Redis is away', async () => {
  const store = await server.finished({ ...SPEC, pace: LOCKSTEP });
  const { gate, redis } = await cuttable();
  const controller = new AbortController();
  const reason = new Error('enough');
  try {
    const loop = followSession(redis, store.reader, { consumer: 'one', signal: controller.signal });
    await loop.next();
    await gate.shut();
    controller.abort(reason);
    await expect(loop.next()).rejects.toBe(reason);
  } finally {
    redis.disconnect();
  }
}, 8_000); // ioredis tries for ten seconds to send that the consumer leaves

test('a connection that is cut again and again neither ends a loop nor changes the delivered bars', async () => {
  const store = await server.finished({ ...SPEC, pace: LOCKSTEP });
  await server.allSteps(store, { consumer: 'steady' });
  const { gate, redis } = await cuttable();
  try {
    let steps = 0;
    for await (const { time } of followSession(redis, store.reader, { consumer: 'cut' })) {
      expect(time).toBeGreaterThan(0);
      // Six times in the 780 steps.
      if (++steps % 150 !== 10) continue;
      await gate.shut();
      await gate.open();
    }
  } finally {
    redis.disconnect();
    await gate.shut();
  }
  const [cut, steady] = await new SessionConsumers(server.redis, store.layout).list();
  expect(cut).toMatchObject({ deliveredHash: steady!.deliveredHash, steps: 2 * SLOTS_OF_DAY, state: 'left' });
});
