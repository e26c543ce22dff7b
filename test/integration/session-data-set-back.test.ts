/**
 * Stores that lost their newest writes, or whose keys cannot be listed, on a real Redis: a consumer's heartbeat restores its
 * position, a comparison of clocks finds the loss, and a removal finds the keys.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isBehind, removeSession, SessionConsumers } from '@barkeep/session-data';
import { KeptPosition } from '../../libs/client/src/follow/kept-position.js';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer } from '../support/sessions/session-store.js';

const market = marketBars({ ...SMALL_SPEC, seed: 1 });
const server = new StoreServer();
afterAll(() => server.close());

/** Waits until a check is true. */
async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await delay(20);
}

const MINUTE = 60_000;
const LOCKSTEP = { ...SMALL_SPEC, pace: { mode: 'lockstep', heartbeatSeconds: 1 } };

test('I11 a heartbeat repeats a position that the store lost, so that the clock does not wait for it', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.start + 60 * MINUTE, { events: [] });
  const position = await KeptPosition.join(server.redis, layout, 'one', 'beginning');
  const { consumers } = layout.keysOf(0);
  const copyAfterJoin = await server.redis.dumpBuffer(consumers);
  const time = layout.start + 30 * MINUTE;
  const acknowledged = { time, steps: 30, bars: 90, deliveredHash: 'a'.repeat(64) };
  position.acknowledge(acknowledged);
  const slowest = async () => (await new SessionConsumers(server.redis, layout).limit()).slowest;
  await until(async () => (await slowest()) === time);

  // The store loses the acknowledgement: the hash of consumers is again that after the join.
  await server.redis.restore(consumers, 0, copyAfterJoin, 'REPLACE');
  expect(await slowest()).toBe(layout.sessionStart);
  await until(async () => (await slowest()) === time);
  await position.leave(acknowledged);
});

test('I11 a store is behind when its clock is before the one that was seen, and not when it is gone', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.end, { events: [] });
  expect(await isBehind(server.redis, layout, layout.end)).toBe(false);
  const { meta } = layout.keysOf(0);
  await server.redis.hset(meta, 'clock', layout.start);
  expect(await isBehind(server.redis, layout, layout.end)).toBe(true);
  await server.redis.del(meta);
  expect(await isBehind(server.redis, layout, layout.end)).toBe(false);
});

test('I9 removing a session with millions of possible keys unlinks only those that exist', async () => {
  const wide = { ...SMALL_SPEC, start: '2000-01-03', end: '2013-10-08', upkeep: {}, derivedIntervals: ['5m', '15m'] };
  const symbols = Array.from({ length: 2_000 }, (_, i) => `S${i}`);
  // An id with characters that mean something in a pattern of SCAN. As a pattern it would match `s-a`.
  const layout = server.layout({ ...wide, symbols }, 's-[a]*?');
  await server.begin(layout);
  const other = await server.begin(server.layout(SMALL_SPEC, 's-a'));
  const keys = layout.keysOf(layout.partitionOf('S7')!);
  await server.redis.set(keys.chunk('5m', 'S7', '2013-10-07'), 'x');
  await server.redis.set(keys.states('S7', '2013-10-08'), 'x');
  const unlink = jest.spyOn(server.redis, 'unlink');
  // One meta hash for each partition, and the two keys from above.
  expect(await removeSession(server.redis, layout)).toBe(layout.partitions + 2);
  expect(unlink.mock.calls.length).toBeLessThanOrEqual(layout.partitions + 2);
  unlink.mockRestore();
  expect(await other.reader.clock()).toBe(other.layout.start);
});
