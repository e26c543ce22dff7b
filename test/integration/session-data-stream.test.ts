/**
 * Writes of the coordinator that streams a session: flushes, claims, and moves of the clock. A flush and a move return the
 * session's control, such as `run` or `pause`.
 * I1, I2, I3: invariants at the end of docs/ARCHITECTURE.md.
 */
import {
  FencedError,
  RewindError,
  SessionLostError,
  setControl,
  type SessionWriter,
  type Window,
} from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import {
  flushUpTo,
  partsOf,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
const market = holey(marketBars({ ...SMALL_SPEC, seed: 1 }), 0.1, 2);
afterAll(() => server.close());

/** The bars of a window. All symbols are in one partition. */
const partOf = ({ layout }: TestStore, window: Window) => partsOf(layout, window, market)[0]!;
/** Flushes a window. @param writer writes as the store's owner, or as another one */
const flush = (writer: SessionWriter, store: TestStore, window: Window) => writer.flush(window, partOf(store, window));

const WHOLE_DAYS = { ...SMALL_SPEC, upkeep: { barrier: 'day' } };
/** Windows that end within a day, and windows of a whole day: the store writes the two kinds in different ways. */
const WINDOW_KINDS = [
  ['parts of a day', SMALL_SPEC],
  ['whole days', WHOLE_DAYS],
] as const;

test.each(WINDOW_KINDS)('I1 a flush of %s that is sent again changes neither bytes nor counts', async (_kind, spec) => {
  const store = await server.begin(server.layout(spec));
  const [first, second] = store.windows;
  const part = { ...partOf(store, first!), refused: new Map([['AAA high-below-low', 3]]) }; // three refused rows
  expect(await store.writer.flush(first!, part)).toBe('run');
  const afterFirst = await server.dump(store.layout.id);
  expect(await store.writer.flush(first!, part)).toBe('run');
  expect(await server.dump(store.layout.id)).toEqual(afterFirst);
  await flush(store.writer, store, second!);
  const afterSecond = await server.dump(store.layout.id);
  // The first window again, after a later one.
  await store.writer.flush(first!, part);
  expect(await server.dump(store.layout.id)).toEqual(afterSecond);
  expect(await store.reader.position()).toMatchObject({ refused: 3, frontier: second!.to });
});

test.each([50, 7, 3])('I1 windows of %i minutes make the same bytes as whole days', async (minutes) => {
  const parts = await server.begin(server.layout({ ...SMALL_SPEC, upkeep: { barrier: { minutes } } }));
  const days = await server.begin(server.layout(WHOLE_DAYS));
  for (const store of [parts, days]) await flushUpTo(store, market, store.layout.end);
  expect(parts.windows.length).toBeGreaterThan(days.windows.length);
  expect(await parts.reader.digest()).toEqual(await days.reader.digest());
  expect((await parts.reader.position()).counts).toEqual((await days.reader.position()).counts);
});

test('a flush writes only the slots of its window, also from a chunk with more bars', async () => {
  const [store, expected] = [await server.begin(), await server.begin()];
  const [window] = store.windows;
  const wholeDay: Window = { ...window!, toSlot: SLOTS };
  await store.writer.flush(window!, partOf(store, wholeDay));
  await flushUpTo(expected, market, window!.to);
  expect(await store.reader.digest()).toEqual(await expected.reader.digest());
});

test.each(WINDOW_KINDS)(
  'a window of %s that does not begin at the frontier is refused, with the frontier in the error',
  async (_kind, spec) => {
    const store = await server.begin(server.layout(spec));
    const [, second] = store.windows;
    const before = await server.dump(store.layout.id);
    const flushed = flush(store.writer, store, second!);
    await expect(flushed).rejects.toThrow(RewindError);
    await expect(flushed).rejects.toMatchObject({ frontier: store.layout.start });
    expect(await server.dump(store.layout.id)).toEqual(before);
  },
);

describe.each(WINDOW_KINDS)('I3 writers of %s', (_kind, spec) => {
  test.each([
    ['an older epoch', { epoch: 1, owner: 'one' }],
    ['the same epoch of another owner', { epoch: 2, owner: 'one' }],
    ['an epoch that no owner has had', { epoch: 3, owner: 'two' }],
  ])('a writer with %s writes nothing', async (_name, fence) => {
    const store = await server.begin(server.layout(spec));
    const next = store.as({ epoch: 2, owner: 'two' });
    expect(await next.claim()).toMatchObject({ frontier: store.layout.start, clock: store.layout.start });
    const [first, second] = store.windows;
    await flush(next, store, first!);
    const before = await server.dump(store.layout.id);
    const other = store.as(fence);
    await expect(flush(other, store, second!)).rejects.toThrow(FencedError);
    await expect(other.moveClock(first!.to)).rejects.toThrow(FencedError);
    // A claim with a later epoch is not refused: it is how an owner takes over.
    const isLaterEpoch = fence.epoch > 2;
    if (!isLaterEpoch) await expect(other.claim()).rejects.toThrow(FencedError);
    expect(await server.dump(store.layout.id)).toEqual(before);
    await next.moveClock(first!.to);
  });

  test('a writer of a deleted session writes nothing to a new session with the same id, epoch and owner', async () => {
    const old = await server.begin(server.layout(spec));
    await server.redis.unlink(...(await server.keys(old.layout.id)));
    const store = await server.begin(server.layout(spec, old.layout.id));
    const before = await server.dump(store.layout.id);
    const [first] = store.windows;
    await expect(flush(old.writer, store, first!)).rejects.toThrow(SessionLostError);
    await expect(old.writer.moveClock(store.layout.start)).rejects.toThrow(SessionLostError);
    await expect(old.writer.claim()).rejects.toThrow(SessionLostError);
    await expect(old.writer.init()).rejects.toThrow(SessionLostError);
    expect(await server.dump(store.layout.id)).toEqual(before);
  });
});

test('a claim may be repeated, and creating a store again leaves it as it is', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  const before = await server.dump(store.layout.id);
  await store.writer.init();
  expect(await store.writer.claim()).toMatchObject({ frontier: store.layout.end, clock: store.layout.start });
  expect(await server.dump(store.layout.id)).toEqual(before);
});

test('I2 the clock never goes back and never passes the frontier', async () => {
  const store = await server.begin();
  const [first, second, third] = store.windows;
  await flushUpTo(store, market, second!.to);
  expect(await store.writer.moveClock(second!.to)).toBe('run');
  // A move back is accepted, and changes nothing.
  await store.writer.moveClock(first!.to);
  expect(await store.reader.clock()).toBe(second!.to);
  await expect(store.writer.moveClock(third!.to)).rejects.toThrow(RewindError);
  expect(await store.reader.clock()).toBe(second!.to);
});

test('each move of the clock emits one event, also when it is sent again', async () => {
  const store = await server.begin();
  await flushUpTo(store, market, store.layout.end);
  const times = store.windows.map(({ to }) => to);
  for (const to of times) for (let send = 0; send < 2; send++) await store.writer.moveClock(to);
  const expected = times.map((to) => ['type', 'clock', 'time', String(to)]);
  expect(await server.eventFields(store.layout)).toEqual(expected);
});

test('the control reaches the stream with the answer to its next write', async () => {
  const store = await server.begin();
  const [first] = store.windows;
  expect(await setControl(server.redis, store.layout, 1, 'pause')).toBe('set');
  expect(await flush(store.writer, store, first!)).toBe('pause');
  expect(await setControl(server.redis, store.layout, 1, 'stop')).toBe('set');
  expect(await store.writer.moveClock(first!.to)).toBe('stop');
  expect(await setControl(server.redis, server.layout(), 1, 'run')).toBe('gone');
});

test('I3 a control with an earlier epoch than the owner changes nothing', async () => {
  const store = await server.begin();
  const next = store.as({ epoch: 2, owner: 'two' });
  await next.claim();
  const [first] = store.windows;
  const before = await server.dump(store.layout.id);
  expect(await setControl(server.redis, store.layout, 1, 'pause')).toBe('stale');
  expect(await server.dump(store.layout.id)).toEqual(before);
  expect(await flush(next, store, first!)).toBe('run');
  expect(await setControl(server.redis, store.layout, 2, 'pause')).toBe('set');
  expect(await next.moveClock(first!.to)).toBe('pause');
});

test('writers of a store without its meta hash get SessionLostError', async () => {
  const store = await server.begin();
  const [first] = store.windows;
  await server.redis.unlink(store.layout.keysOf(0).meta);
  await expect(flush(store.writer, store, first!)).rejects.toThrow(SessionLostError);
  await expect(store.writer.moveClock(first!.to)).rejects.toThrow(SessionLostError);
  await expect(store.writer.claim()).rejects.toThrow(SessionLostError);
});
