/**
 * Compares a mirror with the reader on a real Redis: after any writes, in any order, both show the same bars at every clock. Also the calls
 * of a mirror that wait, and its end. I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { Mirror, MirrorClosedError } from '@barkeep/client';
import { removeSession, SessionLostError, UnknownIntervalError, type Window } from '@barkeep/session-data';
import { holey } from '../support/data/market.js';
import { seeded } from '../support/data/seeded.js';
import { deriveDay, fillDay, runTo, windowEnd } from '../support/sessions/follow-store.js';
import {
  expectSame,
  MIRRORED_SPEC as SPEC,
  MirroredServer,
  WHOLE_MARKET,
} from '../support/sessions/mirrored-server.js';
import { flushUpTo, partsOf, type TestStore } from '../support/sessions/session-store.js';

/** Base slots of each day. */
const SLOTS = 390;
const MINUTE = 60_000;

const server = new MirroredServer();
afterEach(() => server.closeMirrors());
afterAll(() => server.close());

test.each([1, 2, 3])('I2 a mirror shows what the reader shows at every clock (seed %i)', async (seed) => {
  const random = seeded(seed * 77);
  const store = await server.begin(server.layout(SPEC));
  const mirror = await server.mirrorOf(store);
  const writeAtRandom = randomWrites(store, random, seed, mirror);
  for (let writes = 0; writes < 160; writes++) {
    await writeAtRandom();
    await mirror.update();
    if (writes % 4 === 0) await expectSame(mirror, store, [1, random.int(2, 40), random.int(300, 900)]);
  }
  await expectSame(mirror, store, [1, 20, 2_000]);
  const openedLast = await server.mirrorOf(store);
  await expectSame(openedLast, store, [1, 20, 2_000]);
});

/** Writes to a session at random, as its stream, upkeep and its clock do. @returns a function that makes one write */
function randomWrites(store: TestStore, random: ReturnType<typeof seeded>, seed: number, mirror: Mirror) {
  const { layout, writer } = store;
  const source = holey(WHOLE_MARKET, 0.2, seed);
  const unflushed = [...layout.windowsFrom(0)];
  const flushed: Window[] = [];
  const frontier = () => flushed.at(-1)!.to;

  const flushNext = async (count: number) => {
    for (const window of unflushed.splice(0, count)) {
      for (const part of partsOf(layout, window, source)) await writer.flush(window, part);
      flushed.push(window);
    }
  };
  /** Fills a tenth of a symbol's slots from the start of a window to the frontier or the end of the day. */
  const fillFrom = async ({ dayIndex, fromSlot }: Window) => {
    const grid = layout.grid(dayIndex);
    const symbol = random.pick(SPEC.symbols);
    const [from, to] = [grid.openTime(fromSlot), Math.min(frontier(), grid.close)];
    const isFilled = (openTime: number) => openTime >= from && openTime < to && random.chance(0.1);
    const bars = WHOLE_MARKET.get(symbol)!.filter(({ openTime }) => isFilled(openTime));
    await fillDay(store, dayIndex, symbol, bars);
  };
  /** Moves the clock by some minutes, at most to the frontier. */
  const moveClock = async (minutes: number) => {
    const to = Math.min(frontier(), mirror.clock + MINUTE * minutes);
    await writer.moveClock(Math.max(mirror.clock, to));
  };

  return async () => {
    const dice = random.next();
    if (dice < 0.45 && unflushed.length > 0) await flushNext(random.int(1, 6));
    else if (flushed.length === 0)
      return; // before the first flush nothing else can be written
    else if (dice < 0.65) await fillFrom(random.pick(flushed));
    else if (dice < 0.75) await deriveDay(store, random.pick(flushed).dayIndex);
    else await moveClock(random.int(0, 90));
  };
}

test('I2 a mirror does not show bars after its clock, whatever is stored', async () => {
  const store = await server.begin(server.layout(SPEC));
  await flushUpTo(store, holey(WHOLE_MARKET, 0.3, 9), windowEnd(store, store.layout.grid(0).close));
  const mirror = await server.mirrorOf(store);
  for (const symbol of SPEC.symbols) await fillDay(store, 0, symbol, WHOLE_MARKET.get(symbol)!);
  await deriveDay(store, 0);
  await mirror.update();
  expect(mirror.latestBar('AAA')).toBeUndefined();
  expect(mirror.lastBars('AAA', 10, '5m')).toEqual([]);
  expect(mirror.closes('AAA', 10)).toHaveLength(0);
  // No slot has closed at the clock, so none is missing.
  expect(mirror.barQuality('AAA')).toBe(100);
});

test('a mirror follows the clock, wakes waiting calls, and reports changes', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await server.mirrorOf(store);
  const clocks: number[] = [];
  const stop = mirror.onChange(({ clock }) => clocks.push(clock));
  const target = store.layout.start + 40 * MINUTE;
  const waiting = mirror.waitFor(target);
  await runTo(store, WHOLE_MARKET, target - MINUTE);
  await runTo(store, WHOLE_MARKET, target);
  expect(await waiting).toBe(target);
  expect(mirror.latestBar('AAA')).toEqual(await store.reader.latestBar('AAA'));
  expect(clocks.at(-1)).toBe(target);
  stop();
});

test('a mirror refuses to wait for an invalid time or one after the session, and to show an unknown interval', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await server.mirrorOf(store);
  await expect(mirror.waitFor(Date.parse('no time'))).rejects.toThrow('time: expected epoch milliseconds, was NaN');
  await expect(mirror.waitFor(store.layout.end + 1)).rejects.toMatchObject({ name: 'SessionEndedError' });
  expect(() => mirror.latestBar('BBB', '7m')).toThrow(UnknownIntervalError);
});

test('a mirror with keepDays 1 keeps the day of the clock and the one before it', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const openedFirst = await server.mirrorOf(store, { keepDays: 1 });
  await runTo(store, WHOLE_MARKET, layout.grid(2).openTime(10));
  await openedFirst.update();
  const openedLast = await server.mirrorOf(store, { keepDays: 1 });
  for (const mirror of [openedFirst, openedLast]) {
    expect([...mirror.closes('AAA', NaN)]).toEqual([]);
    expect(mirror.barCount('AAA')).toBe(SLOTS + 10);
    expect(mirror.lastBars('AAA', 1_000, '1m')[0]!.openTime).toBe(layout.grid(1).open);
    expect(mirror.barQuality('AAA')).toBe(100);
  }
});

test('a mirror keeps its bars after it is closed', async () => {
  const store = await server.begin(server.layout(SPEC));
  const mirror = await server.mirrorOf(store);
  await runTo(store, WHOLE_MARKET, store.layout.start + 40 * MINUTE);
  await mirror.update();
  mirror.close();
  expect(mirror.barCount('AAA')).toBe(40);
  await expect(mirror.update()).rejects.toThrow(MirrorClosedError);
});

test('an aborted signal closes a mirror, whose calls fail with its reason', async () => {
  const store = await server.begin(server.layout(SPEC));
  const controller = new AbortController();
  const mirror = await Mirror.open(server.redis, store.reader, {}, controller.signal);
  const waiting = mirror.waitFor(store.layout.end);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(mirror.update()).rejects.toThrow('enough');
});

test('after its session was deleted every call of a mirror fails, also one that waits', async () => {
  const store = await server.begin(server.layout(SPEC));
  await runTo(store, WHOLE_MARKET, store.layout.grid(0).openTime(30));
  const mirror = await server.mirrorOf(store);
  const ended = expect(mirror.waitFor(store.layout.end)).rejects.toThrow(SessionLostError);
  await removeSession(server.redis, store.layout);
  await ended;
  await expect(mirror.update()).rejects.toThrow(SessionLostError);
  expect(() => mirror.latestBar('AAA')).toThrow(SessionLostError);
  await expect(Mirror.open(server.redis, store.reader)).rejects.toThrow(SessionLostError);
});
