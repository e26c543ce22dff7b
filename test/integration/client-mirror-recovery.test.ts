/** A mirror after a broken connection, after events were trimmed before it read them, and after its store was set back. */
import { Redis } from 'ioredis';
import { holey } from '../support/data/market.js';
import { fillDay, runTo } from '../support/sessions/follow-store.js';
import {
  expectSame,
  MIRRORED_SPEC as SPEC,
  MirroredServer,
  WHOLE_MARKET,
} from '../support/sessions/mirrored-server.js';
import { tcpGate } from '../support/system/tcp-gate.js';

const server = new MirroredServer();
afterEach(() => server.closeMirrors());
afterAll(() => server.close());

test('a mirror reads again what a broken connection cut off', async () => {
  const store = await server.begin(server.layout(SPEC));
  const gate = await tcpGate(process.env['SESSION_REDIS_URL']!, 6379);
  const redis = new Redis(gate.url, { retryStrategy: () => 5 });
  redis.on('error', () => undefined);
  const mirror = await server.mirrorOf(store, {}, redis);
  const source = holey(WHOLE_MARKET, 0.2, 3);
  for (const day of [0, 1, 2]) {
    const grid = store.layout.grid(day);
    for (const to of [grid.openTime(200), grid.close]) {
      // Cuts the connection within an answer, on each day at another place: only some chunks of the answer arrive at the mirror.
      gate.cutAfter(25_000 + 9_000 * day);
      await runTo(store, source, to);
      await mirror.waitFor(to);
      await expectSame(mirror, store, [1, 2_000]);
    }
  }
  redis.disconnect();
  await gate.shut();
});

test('a mirror notices trimmed events of a partition that had no event when the mirror was opened', async () => {
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, holey(WHOLE_MARKET, 0.3, 7), store.layout.grid(0).close);
  await server.redis.del(...store.layout.keys.map(({ events }) => events)); // now no partition has an event
  const mirror = await server.mirrorOf(store);
  await fillDay(store, 0, 'CCC', WHOLE_MARKET.get('CCC')!);
  const { events } = store.layout.keysOf(store.layout.partitionOf('CCC')!);
  // More events than the stream keeps, so that the event of the fill is trimmed.
  const pipeline = server.redis.pipeline();
  for (let i = 0; i < 11_000; i++) pipeline.xadd(events, 'MAXLEN', '~', 10_000, '*', 'type', 'anything');
  await pipeline.exec();
  const [oldest] = await server.redis.xrange(events, '-', '+', 'COUNT', 1);
  expect(oldest![1]).toEqual(['type', 'anything']);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror reads everything again when events after its last one were trimmed', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(WHOLE_MARKET, 0.3, 6);
  await runTo(store, source, store.layout.grid(0).close);
  const mirror = await server.mirrorOf(store);
  await fillDay(store, 0, 'CCC', WHOLE_MARKET.get('CCC')!);
  // Trims all events but the newest, also that of the fill.
  const { events } = store.layout.keysOf(0);
  const newest = await server.redis.xadd(events, '*', 'type', 'anything');
  await server.redis.xtrim(events, 'MINID', newest!);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror keeps its clock and bars when the store is set back, and follows again once the store has caught up', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const at = (minute: number) => layout.grid(0).openTime(minute);
  await runTo(store, WHOLE_MARKET, at(100));
  const mirror = await server.mirrorOf(store);
  await server.redis.hset(layout.keysOf(0).meta, 'clock', at(40));
  await mirror.update();
  expect(mirror.clock).toBe(at(100));
  expect(mirror.barCount('AAA')).toBe(100);
  await runTo(store, WHOLE_MARKET, at(90));
  await mirror.update();
  expect(mirror.clock).toBe(at(100));
  await runTo(store, WHOLE_MARKET, at(120));
  await mirror.update();
  await expectSame(mirror, store, [150]);
});

test('a waiting call of a mirror ends with the session also when the store was set back and did not catch up', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  await runTo(store, WHOLE_MARKET, layout.grid(0).openTime(100));
  const mirror = await server.mirrorOf(store);
  const ended = expect(mirror.waitFor(layout.end)).rejects.toMatchObject({
    name: 'SessionEndedError',
    state: 'stopped',
  });
  await server.redis.hset(layout.keysOf(0).meta, 'clock', layout.grid(0).openTime(40));
  await store.writer.emitState('stopped');
  await ended;
  expect(mirror.barCount('AAA')).toBe(100);
});
