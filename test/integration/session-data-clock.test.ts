/** Moves of the clock and their events: sent again, by another owner, and on a store that lost its newest writes. */
import {
  eventNumber,
  FencedError,
  placesFrom,
  countsBefore,
  readDaySlots,
  readStreamFigures,
  RewindError,
  noFigures,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const market = marketBars({ ...SMALL_SPEC, seed: 1 });
const server = new StoreServer();
afterAll(() => server.close());

/** The fields of all events of the clock, in order. */
const events = async ({ layout }: TestStore) =>
  (await server.redis.xrange(layout.keysOf(0).events, '-', '+')).map(([, fields]) => fields.join(' '));

test('a move emits each event once, also when it is sent again or another owner continues', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  const all = [...placesFrom(layout, layout.start, layout.end, 'slots')];
  const firstEvents = all.slice(0, 100);
  const reachedTime = firstEvents.at(-1)!.time;
  for (let send = 0; send < 2; send++) await writer.moveClock(reachedTime, { events: firstEvents });
  const next = store.as({ epoch: 2, owner: 'two' });
  const { clock } = await next.claim();
  expect(clock).toBe(reachedTime);
  await expect(writer.moveClock(layout.end, { events: all })).rejects.toThrow(FencedError);
  await next.moveClock(layout.end, { from: clock, events: [...placesFrom(layout, clock, layout.end, 'slots')] });
  expect(await events(store)).toEqual(all.map(({ type, time }) => `type ${type} time ${time}`));
  // The store knows by their numbers which events were emitted, so the numbers must rise.
  expect(all.map(eventNumber)).toEqual(all.map(eventNumber).sort((a, b) => a - b));
});

test('fields of an event are kept in their order', async () => {
  const store = await server.begin();
  const time = store.layout.start;
  await store.writer.moveClock(time, { events: [{ type: 'day-opened', time, fields: { date: '2013-10-07', n: 2 } }] });
  expect(await events(store)).toEqual([`type day-opened time ${time} date 2013-10-07 n 2`]);
});

test.each(['frontier', 'watermark'] as const)('I2 the clock does not pass the %s of any partition', async (limit) => {
  // Enough symbols for two partitions.
  const symbols = Array.from({ length: 130 }, (_, i) => `S${1_000 + i}`);
  const store = await server.begin(server.layout({ ...SMALL_SPEC, symbols }));
  const { layout, writer } = store;
  expect(layout.partitions).toBe(2);
  /** Ends of the first two windows. */
  const [first, second] = [...layout.windowsFrom(0)].map(({ to }) => to);
  for (const { meta } of layout.keys) await server.redis.hset(meta, 'frontier', layout.end, 'watermark', layout.end);
  await writer.moveClock(first!, { from: layout.start, limit });
  for (const { meta } of layout.keys) {
    // One partition holds the clock back.
    await server.redis.hset(meta, limit, first!);
    await expect(writer.moveClock(second!, { from: first!, limit })).rejects.toThrow(RewindError);
    expect(await store.reader.clock()).toBe(first);
    // A call that does not move the clock, such as one that stores figures, is not limited.
    expect(await writer.moveClock(first!, { from: first!, events: [], limit })).toBe('run');
    await server.redis.hset(meta, limit, layout.end);
  }
  await writer.moveClock(second!, { from: first!, limit });
  expect(await store.reader.clock()).toBe(second);
});

test('a move is refused when the clock of the store is before the one that the owner last saw', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  const [first, second] = [...layout.windowsFrom(0)];
  await writer.moveClock(first!.to);
  await expect(writer.moveClock(second!.to, { from: second!.to })).rejects.toThrow(RewindError);
  expect(await store.reader.clock()).toBe(first!.to);
  // The clock may already be at the new time: the call was sent again.
  for (let send = 0; send < 2; send++) await writer.moveClock(second!.to, { from: first!.to });
});

test('the stored figures are those of the last move, and each timed-out day is noted once', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  const nothingStored = { figures: noFigures(), timedOutDays: [], wait: null };
  expect(await readStreamFigures(server.redis, layout)).toEqual(nothingStored);
  const figures = { ...noFigures(), overruns: 2, lagMs: 17.4, prefetchHits: 3 };
  await writer.moveClock(layout.start, { events: [], figures });
  for (const day of [1, 0, 1]) await writer.markTimedOut(day, 1_000);
  expect(await readStreamFigures(server.redis, layout)).toEqual({
    // Stored as whole milliseconds.
    figures: { ...figures, lagMs: 17 },
    timedOutDays: ['2013-10-07', '2013-10-08'],
    wait: null,
  });
  // Each day is one change, which strategies do not see yet.
  expect(await server.redis.xlen(layout.keysOf(0).changes)).toBe(2);
  expect(await events(store)).toEqual([]);
  await expect(store.as({ epoch: 1, owner: 'other' }).markTimedOut(0, 1)).rejects.toThrow(FencedError);
});

test('countsBefore counts the slots of a day before a given one', async () => {
  const store = await server.begin();
  const { layout, upkeep } = store;
  const [first] = [...layout.windowsFrom(0)];
  await flushUpTo(store, market, first!.to);
  const slots = await readDaySlots(upkeep, 0);
  // Three symbols; the first window has 50 minutes.
  expect(countsBefore(slots, 50)).toMatchObject({ expected: 150, filled: 150, streamed: 150, missing: 0 });
  expect(countsBefore(slots, 60)).toMatchObject({ expected: 180, filled: 150, missing: 30 });
});
