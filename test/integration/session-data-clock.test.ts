/**
 * Moves of the clock and their events: sent again, by another owner, and on a store that lost its newest writes.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  countsBefore,
  eventNumber,
  FencedError,
  noFigures,
  placesFrom,
  readDaySlots,
  readStreamFigures,
  RewindError,
} from '@barkeep/session-data';
import { RedisServer } from '../faults/lab/redis-server.js';
import { marketBars } from '../support/data/market.js';
import { flushUpTo, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const market = marketBars({ ...SMALL_SPEC, seed: 1 });
const server = new StoreServer();
afterAll(() => server.close());

/** The stored events, in order, each as one text: names and values of its fields. */
const eventTexts = async ({ layout }: TestStore) =>
  (await server.eventFields(layout)).map((fields) => fields.join(' '));

test('a move emits each event once, also when it is sent again or another owner continues', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  /** The events of a move of the clock from a time to the session's end, with one at the end of each slot. */
  const eventsFrom = (time: number) => [...placesFrom(layout, time, layout.end, 'slots')];
  const all = eventsFrom(layout.start);
  const firstEvents = all.slice(0, 100);
  const reachedTime = firstEvents.at(-1)!.time;
  for (let send = 0; send < 2; send++) await writer.moveClock(reachedTime, { events: firstEvents });
  const next = store.as({ epoch: 2, owner: 'two' });
  const { clock } = await next.claim();
  expect(clock).toBe(reachedTime);
  await expect(writer.moveClock(layout.end, { events: all })).rejects.toThrow(FencedError);
  await next.moveClock(layout.end, { from: clock, events: eventsFrom(clock) });
  expect(await eventTexts(store)).toEqual(all.map(({ type, time }) => `type ${type} time ${time}`));
  // The store knows by their numbers which events were emitted, so the numbers must rise.
  const numbers = all.map(eventNumber);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('fields of an event are kept in their order', async () => {
  const store = await server.begin();
  const time = store.layout.start;
  await store.writer.moveClock(time, { events: [{ type: 'day-opened', time, fields: { date: '2013-10-07', n: 2 } }] });
  expect(await eventTexts(store)).toEqual([`type day-opened time ${time} date 2013-10-07 n 2`]);
});

test.each(['frontier', 'watermark'] as const)('I2 the clock does not pass the %s of any partition', async (limit) => {
  // Enough symbols for two partitions.
  const symbols = Array.from({ length: 130 }, (_, i) => `S${1_000 + i}`);
  const store = await server.begin(server.layout({ ...SMALL_SPEC, symbols }));
  const { layout, writer, reader } = store;
  expect(layout.partitions).toBe(2);
  for (const { meta } of layout.keys) await server.redis.hset(meta, 'frontier', layout.end, 'watermark', layout.end);
  // The ends of the first two windows, which have 50 slots each.
  const [from, to] = [layout.grid(0).closeTime(49), layout.grid(0).closeTime(99)];
  await writer.moveClock(from, { from: layout.start, limit });
  // Each partition in turn holds the clock back.
  for (const { meta } of layout.keys) {
    await server.redis.hset(meta, limit, from);
    await expect(writer.moveClock(to, { from, limit })).rejects.toThrow(RewindError);
    expect(await reader.clock()).toBe(from);
    // A call that does not move the clock, such as one that stores figures, is not limited.
    expect(await writer.moveClock(from, { from, events: [], limit })).toBe('run');
    await server.redis.hset(meta, limit, layout.end);
  }
  await writer.moveClock(to, { from, limit });
  expect(await reader.clock()).toBe(to);
});

test('a move is refused when the clock of the store is before the one that the owner last saw', async () => {
  const store = await server.begin();
  const { layout, writer } = store;
  await flushUpTo(store, market, layout.end);
  const [clock, next] = store.windows.map(({ to }) => to) as [number, number];
  await writer.moveClock(clock);
  await expect(writer.moveClock(next, { from: next })).rejects.toThrow(RewindError);
  expect(await store.reader.clock()).toBe(clock);
  // At the second call the clock is already at the new time, as after a call that is sent again.
  for (let send = 0; send < 2; send++) await writer.moveClock(next, { from: clock });
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
  // Each day is one entry of the changes, and no event yet: strategies do not see it before the clock.
  expect(await server.redis.xlen(layout.keysOf(0).changes)).toBe(2);
  expect(await eventTexts(store)).toEqual([]);
  await expect(store.as({ epoch: 1, owner: 'other' }).markTimedOut(0, 1)).rejects.toThrow(FencedError);
});

test('a move stores all figures and the wait with one command', async () => {
  // On a shared server, commands of other tests could arrive before ioredis knows that its connection monitors.
  const folder = mkdtempSync(join(tmpdir(), 'monitored-'));
  const redisServer = await RedisServer.start(folder);
  const ownServer = new StoreServer(redisServer.url);
  const { layout, writer } = await ownServer.begin();
  const figuresKey = layout.keysOf(0).stream;
  const monitor = await ownServer.redis.monitor();
  const commands: string[][] = [];
  const isMoved = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, command: string[]) => {
      if (command.join(' ') === `echo ${layout.id}`) resolve();
      else commands.push(command);
    });
  });
  await writer.moveClock(layout.start, { events: [], figures: noFigures(), wait: null });
  await ownServer.redis.echo(layout.id);
  await isMoved;
  monitor.disconnect();
  ownServer.redis.disconnect();
  await redisServer.close();
  rmSync(folder, { recursive: true });
  expect(commands.filter(([name, key]) => name === 'HSET' && key === figuresKey)).toHaveLength(1);
});

test('countsBefore counts the slots of a day before a given one', async () => {
  const store = await server.begin();
  const { layout, upkeep } = store;
  await flushUpTo(store, market, layout.grid(0).closeTime(49));
  const slots = await readDaySlots(upkeep, 0);
  // All three symbols have bars in the first 50 slots only.
  expect(countsBefore(slots, 50)).toMatchObject({ expected: 150, filled: 150, streamed: 150, missing: 0 });
  expect(countsBefore(slots, 60)).toMatchObject({ expected: 180, filled: 150, missing: 30 });
});
