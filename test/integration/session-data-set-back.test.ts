/**
 * Stores that lost their newest writes, on a real Redis: a consumer's heartbeat restores its position, and the clock shows the loss.
 * I1, I11: invariants at the end of docs/ARCHITECTURE.md.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isBehind, retireBefore, SessionConsumers } from '@barkeep/session-data';
import { KeptPosition } from '../../libs/client/src/follow/kept-position.js';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer } from '../support/sessions/session-store.js';

const market = marketBars({ ...SMALL_SPEC, seed: 1 });
const server = new StoreServer();
afterAll(() => server.close());

const MINUTE = 60_000;
const LOCKSTEP = { ...SMALL_SPEC, pace: { mode: 'lockstep', heartbeatSeconds: 1 } };

test('I11 a heartbeat repeats a position that the store lost, so that the clock does not wait for it', async () => {
  const store = await server.begin(server.layout(LOCKSTEP));
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.start + 60 * MINUTE, { events: [] });
  const position = await KeptPosition.join(server.redis, layout, 'one', 'beginning');
  const { consumers: consumersKey } = layout.keysOf(0);
  const copyAfterJoin = await server.redis.dumpBuffer(consumersKey);
  const time = layout.start + 30 * MINUTE;
  const acknowledged = { time, steps: 30, bars: 90, deliveredHash: 'a'.repeat(64) };
  const consumers = new SessionConsumers(server.redis, layout);
  /** The stored position of the only consumer. */
  const storedTime = async () => (await consumers.limit()).slowest;
  const untilStored = async () => {
    while ((await storedTime()) !== time) await delay(20);
  };
  position.acknowledge(acknowledged);
  await untilStored();

  // The store loses the acknowledgement.
  await server.redis.restore(consumersKey, 0, copyAfterJoin, 'REPLACE');
  expect(await storedTime()).toBe(layout.sessionStart);
  // The next heartbeat repeats it.
  await untilStored();
  await position.leave(acknowledged);
});

test('I11 a store is behind when its clock is before a clock that was seen earlier, and not when it is gone', async () => {
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

test('I1 a store is behind as long as it has a day that retention should have removed', async () => {
  const store = await server.begin(server.layout({ ...SMALL_SPEC, history: { retainDays: 1 } }));
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  await writer.moveClock(layout.end, { events: [] });
  expect(await isBehind(server.redis, layout, layout.end)).toBe(true);
  await retireBefore(writer, layout.firstKeptAt(layout.end));
  expect(await isBehind(server.redis, layout, layout.end)).toBe(false);
});
