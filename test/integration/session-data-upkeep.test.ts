/**
 * Writes of upkeep workers: fills, errors, derived bars and the watermark.
 * I2, I4, I5, I6, I9: invariants at the end of docs/ARCHITECTURE.md.
 */
import { BACKFILLED, countBits, NO_TRADE, RECORD_BYTES, UNFILLABLE } from '@barkeep/bars';
import { noteFailure, readFailures, SessionEvents, SessionLayout, SessionLostError } from '@barkeep/session-data';
import { barsOfAaa, fillOfAaa, gapMarket, storeWithGap, writeFills } from '../support/sessions/gap-store.js';
import {
  ABSENT_ONCE,
  ABSENT_TWICE,
  deriveAll,
  derivedOf,
  FIRST_DAY,
  flushUpTo,
  PARTITION,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';
import type { SymbolDerived } from '../../libs/session-data/src/upkeep/index.js';

const server = new StoreServer();
const DATE = SMALL_SPEC.start;
afterAll(() => server.close());

/** What a worker derives from the first `closedSlots` slots of the first day as they are now. */
const derivedNow = (store: TestStore, closedSlots = SLOTS) => derivedOf(store, PARTITION, FIRST_DAY, closedSlots);
/** Writes derived bars of the first day. @returns the symbols that were refused */
const writeDerived = ({ upkeep }: TestStore, derived: SymbolDerived[], closedSlots = SLOTS) =>
  upkeep.writeDerived(PARTITION, FIRST_DAY, closedSlots, derived);
/** The answer of a write that refused no symbol. */
const NONE = new Set();

describe('I4 fills', () => {
  test('a fill of a day with the most slots, and of more gaps than a function can have arguments, is written', async () => {
    const slots = 65_535; // the most that a day can have
    const open = Date.parse(DATE);
    const longDay = { date: DATE, segments: [{ open, close: open + slots * 60_000 }] };
    const { description } = server.layout({ ...SMALL_SPEC, calendar: '24/7', end: DATE, upkeep: {} });
    const store = await server.begin(new SessionLayout({ ...description, keptDays: [longDay] }));
    for (const window of store.windows) {
      await store.writer.flush(window, { partition: PARTITION, chunks: new Map(), bars: 0, refused: new Map() });
    }
    // Fills every second slot of each symbol, so that each filled slot is one gap.
    const filled = Array.from({ length: Math.ceil(slots / 2) }, (_, i) => 2 * i);
    const after = Uint8Array.from({ length: slots }, (_, slot) => (slot % 2 === 0 ? BACKFILLED : ABSENT_ONCE));
    const records = new Uint8Array(RECORD_BYTES).fill(1);
    const runs = filled.map((start) => ({ start, records }));
    const fills = ['AAA', 'BBB', 'CCC'].map((symbol) => ({ symbol, before: undefined, after, dueAt: undefined, runs }));
    expect(await store.upkeep.fill(PARTITION, FIRST_DAY, fills)).toEqual(NONE);
    const { counts } = await store.reader.position();
    expect(counts).toMatchObject({ expected: 3 * slots, backfilled: 3 * filled.length, missing: 0 });
    const [day] = await store.upkeep.readDay(PARTITION, FIRST_DAY, ['CCC']);
    expect(countBits(day!.bitmap, 0, slots)).toBe(filled.length);
  });

  test('a fill writes empty slots, counts them, marks the day and sets its retry, once however often it is sent', async () => {
    const store = await storeWithGap(server);
    const states = { 12: ABSENT_ONCE, 13: UNFILLABLE, 14: NO_TRADE };
    const fill = { ...(await fillOfAaa(store, [10, 11, 15], states)), dueAt: 1_000 };
    const refused = [{ symbol: 'AAA', reason: 'not-finite', total: 2 }];
    expect(await store.upkeep.fill(PARTITION, FIRST_DAY, [fill], refused)).toEqual(NONE);
    const afterFirst = await server.dump(store.layout.id);
    expect(await store.upkeep.fill(PARTITION, FIRST_DAY, [fill], refused)).toEqual(NONE);
    expect(await server.dump(store.layout.id)).toEqual(afterFirst);

    const position = await store.reader.position();
    expect(position.refused).toBe(2);
    expect(position.counts).toEqual({
      expected: 3 * SLOTS,
      // Ten slots were empty. Three got a bar, three another state.
      filled: 3 * SLOTS - 7,
      streamed: 3 * SLOTS - 10,
      backfilled: 3,
      noTrade: 1,
      unfillable: 1,
      absent: 1,
      missing: 4,
    });
    expect(await store.upkeep.dirty(PARTITION)).toEqual([{ date: DATE, symbol: 'AAA' }]);
    expect(await store.upkeep.dueRetries(PARTITION, 999)).toEqual([]);
    expect(await store.upkeep.dueRetries(PARTITION, 1_000)).toEqual([{ date: DATE, symbol: 'AAA' }]);
    expect(await store.upkeep.nextRetry()).toBe(1_000);
    await store.writer.moveClock(store.layout.grid(FIRST_DAY).close);
    const [filled] = await store.reader.barsBetween('AAA', '1m', barsOfAaa[10]!.openTime, barsOfAaa[11]!.openTime);
    expect(filled).toMatchObject({ ...barsOfAaa[10]!, origin: 'backfilled', dataset: 1 });
  });

  test('I2 each day has one count of refused bars, and a strategy sees the counts of days before the clock', async () => {
    const store = await server.begin();
    await flushUpTo(store, gapMarket, store.layout.end);
    const refused = (total: number) => [{ symbol: 'AAA', reason: 'off-grid', total }];
    // Totals, not additions: the last call for a day counts.
    for (const total of [1, 2]) {
      await store.upkeep.fill(PARTITION, FIRST_DAY + 1, [], refused(3));
      await store.upkeep.fill(PARTITION, FIRST_DAY, [], refused(total));
    }
    /** What a strategy sees at a clock. */
    const seenAt = async (time: number) => {
      await store.writer.moveClock(time);
      return (await store.reader.position('strategy')).refused;
    };
    expect(await seenAt(store.layout.grid(FIRST_DAY).close - 60_000)).toBe(0);
    expect(await seenAt(store.layout.grid(FIRST_DAY).close)).toBe(2);
    expect((await store.reader.position('operator')).refused).toBe(5);
    expect(await seenAt(store.layout.grid(FIRST_DAY + 1).close)).toBe(5);
  });

  test('a fill of a slot that has a streamed bar is refused for the whole symbol, and for no other symbol', async () => {
    const store = await storeWithGap(server);
    const before = await server.dump(store.layout.id);
    // Slot 9 has a bar.
    const taken = await fillOfAaa(store, [10, 9]);
    expect(await writeFills(store, taken)).toEqual(new Set(['AAA']));
    expect(await server.dump(store.layout.id)).toEqual(before);
    // BBB lacks no slot, so this fill only sets a state.
    const other = { ...(await fillOfAaa(store, [], { 3: ABSENT_ONCE })), symbol: 'BBB' };
    expect(await writeFills(store, taken, other)).toEqual(new Set(['AAA']));
    expect((await store.reader.position()).counts).toMatchObject({ backfilled: 0, absent: 1 });
  });

  test('of two workers that read the same states, the fill of one is written and the fill of the other is refused', async () => {
    const store = await storeWithGap(server);
    const [one, two] = [await fillOfAaa(store, [10]), await fillOfAaa(store, [10, 11])];
    const [first, second] = await Promise.all([writeFills(store, one), writeFills(store, two)]);
    expect([first.size, second.size].sort()).toEqual([0, 1]);
    const current = await fillOfAaa(store, [12], { 13: ABSENT_ONCE });
    // The fill of a worker that read the day before any slot had a state.
    const stale = { ...current, before: undefined };
    expect(await writeFills(store, stale)).toEqual(new Set(['AAA']));
    expect(await writeFills(store, current)).toEqual(NONE);
  });

  test('a fill creates the chunk of a symbol without a bar, and later windows keep the filled bars', async () => {
    // AAA has no bar in its first 110 slots, and so none in the first two windows.
    const lateBars = barsOfAaa.slice(110);
    const late = new Map(gapMarket).set('AAA', lateBars);
    const store = await server.begin();
    const [first] = store.windows;
    await flushUpTo(store, late, first!.to);
    expect(await writeFills(store, await fillOfAaa(store, [0, 49]))).toEqual(NONE);
    await flushUpTo(store, late, store.layout.end);
    await store.writer.moveClock(store.layout.end);
    const bars = await store.reader.lastBars('AAA', '1m', 10_000);
    const expected = [barsOfAaa[0]!, barsOfAaa[49]!, ...lateBars];
    expect(bars.map(({ openTime }) => openTime)).toEqual(expected.map(({ openTime }) => openTime));
  });

  test('a fill writes nothing at or after the frontier, where the stream will write', async () => {
    const store = await server.begin();
    const [first] = store.windows;
    await flushUpTo(store, gapMarket, first!.to);
    const before = await server.dump(store.layout.id);
    const withBar = await fillOfAaa(store, [first!.toSlot]);
    const withState = await fillOfAaa(store, [], { [first!.toSlot]: ABSENT_ONCE });
    for (const fill of [withBar, withState]) expect(await writeFills(store, fill)).toEqual(new Set(['AAA']));
    expect(await server.dump(store.layout.id)).toEqual(before);
  });

  test('a fill removes the last error of its symbol', async () => {
    const store = await storeWithGap(server);
    await store.upkeep.noteError(PARTITION, DATE, ['AAA'], 'the vendor is away');
    expect((await store.reader.gaps('AAA')).map(({ lastError }) => lastError)).toEqual(['the vendor is away']);
    await writeFills(store, await fillOfAaa(store, [10], { 11: ABSENT_TWICE }));
    // Of the ten slots one is filled, one absent and eight are missing.
    const [absent, missing] = await store.reader.gaps('AAA');
    expect(absent).toMatchObject({ bars: 1, status: 'absent', attempts: 2, lastError: null });
    expect(missing).toMatchObject({ bars: 8, status: 'missing', attempts: 0 });
  });
});

test('a failure of a repository is stored and emitted although its error is cut inside of a character', async () => {
  const store = await server.begin();
  // The error is cut after 500 units of UTF-16, and the emoji has two.
  const failure = { repository: 'vendor', error: `${'x'.repeat(499)}😀`, nextTryAt: 5, failures: 1 };
  await noteFailure(store.upkeep, failure, 3);
  const stored = await readFailures(server.redis, store.layout);
  expect(stored).toEqual([{ ...failure, error: expect.stringMatching(/^x{499}.$/), since: 3 }]);
  const { events } = await new SessionEvents(server.redis, store.reader, 'operator').read();
  expect(events.map(({ event }) => event)).toMatchObject([
    { type: 'repository-failed', repository: 'vendor', nextTryAt: 5 },
  ]);
});

describe('I5 derived bars', () => {
  test('derived bars are refused when their base bars have changed, and the day stays dirty', async () => {
    const store = await storeWithGap(server);
    await writeFills(store, await fillOfAaa(store, [10]));
    const stale = await derivedNow(store);
    await writeFills(store, await fillOfAaa(store, [11]));
    const before = await server.dump(store.layout.id);
    const staleOfAaa = stale.filter(({ symbol }) => symbol === 'AAA');
    expect(await writeDerived(store, staleOfAaa)).toEqual(new Set(['AAA']));
    expect(await server.dump(store.layout.id)).toEqual(before);
    expect(await writeDerived(store, await derivedNow(store))).toEqual(NONE);
    expect(await store.upkeep.dirty(PARTITION)).toEqual([]);
  });

  test('a worker that derives up to an earlier slot does not remove the bars that another worker derived up to a later slot', async () => {
    const [store, expected] = [await server.begin(), await server.begin()];
    const [first, second] = store.windows;
    await flushUpTo(store, gapMarket, first!.to);
    const bySlowWorker = await derivedNow(store, first!.toSlot);
    await flushUpTo(store, gapMarket, second!.to);
    await deriveAll(store);
    expect(await writeDerived(store, bySlowWorker, first!.toSlot)).toEqual(NONE);
    await flushUpTo(expected, gapMarket, second!.to);
    await deriveAll(expected);
    expect(await store.reader.digest()).toEqual(await expected.reader.digest());
  });

  test('a worker that derives up to an earlier slot leaves the day dirty when a later slot was filled', async () => {
    // A slow worker derives the first window. Meanwhile the second window is streamed, derived, and filled in its first slot. When the
    // slow worker then writes its derived bars, the day must stay dirty, because the bars of the second window are out of date.
    const store = await server.begin();
    const second = store.windows[1]!;
    // No symbol has a bar in the first slot of the second window.
    const hole = barsOfAaa[second.fromSlot]!.openTime;
    const withHole = new Map(
      [...gapMarket].map(([symbol, bars]) => [symbol, bars.filter(({ openTime }) => openTime !== hole)]),
    );
    await flushUpTo(store, withHole, second.prev);
    const bySlowWorker = await derivedNow(store, second.fromSlot);
    await flushUpTo(store, withHole, second.to);
    await deriveAll(store);
    expect(await writeFills(store, await fillOfAaa(store, [second.fromSlot]))).toEqual(NONE);
    expect(await writeDerived(store, bySlowWorker, second.fromSlot)).toEqual(NONE);
    expect(await store.upkeep.dirty(PARTITION)).toEqual([{ date: DATE, symbol: 'AAA' }]);
  });

  test('bars that are derived window by window have the same bytes as bars that are derived at once', async () => {
    const byWindow = await server.begin();
    const atOnce = await server.begin(server.layout({ ...SMALL_SPEC, upkeep: {} }));
    for (const { to } of byWindow.windows) {
      await flushUpTo(byWindow, gapMarket, to);
      await deriveAll(byWindow);
    }
    await flushUpTo(atOnce, gapMarket, atOnce.layout.end);
    await deriveAll(atOnce);
    expect(await byWindow.reader.digest()).toEqual(await atOnce.reader.digest());
  });
});

test('I2 the watermark never goes back and never passes the frontier', async () => {
  const store = await server.begin();
  const { start, end } = store.layout;
  const [first, second] = store.windows;
  await flushUpTo(store, gapMarket, second!.to);
  const watermark = async () => (await store.upkeep.positions())[PARTITION]!.watermark;
  expect(await watermark()).toBe(start);
  expect(await store.upkeep.moveWatermark(PARTITION, start, first!.to)).toBe(true);
  // A move to an earlier time is accepted and changes nothing.
  expect(await store.upkeep.moveWatermark(PARTITION, start, start)).toBe(true);
  expect(await watermark()).toBe(first!.to);
  expect(await store.upkeep.moveWatermark(PARTITION, start, end)).toBe(false);
  expect(await watermark()).toBe(first!.to);
});

test('I6 the watermark does not move when it is before the slots that a worker has checked', async () => {
  const store = await server.begin();
  const [first, second, third] = store.windows;
  await flushUpTo(store, gapMarket, third!.to);
  await store.upkeep.moveWatermark(PARTITION, store.layout.start, first!.to);
  // The worker checked only the third window, because it read a watermark at the end of the second. The store was then set back.
  expect(await store.upkeep.moveWatermark(PARTITION, second!.to, third!.to)).toBe(false);
  expect((await store.upkeep.positions())[PARTITION]!.watermark).toBe(first!.to);
});

test('I9 upkeep for a deleted session writes nothing to a new one with the same id', async () => {
  const old = await storeWithGap(server);
  const [fill, derived] = [await fillOfAaa(old, [10]), await derivedNow(old)];
  await server.redis.unlink(...(await server.keys(old.layout.id)));
  const store = await server.begin(server.layout(SMALL_SPEC, old.layout.id));
  await flushUpTo(store, gapMarket, store.layout.end);
  const before = await server.dump(store.layout.id);
  await expect(writeFills(old, fill)).rejects.toThrow(SessionLostError);
  await expect(writeDerived(old, derived)).rejects.toThrow(SessionLostError);
  await expect(old.upkeep.moveWatermark(PARTITION, old.layout.start, old.layout.end)).rejects.toThrow(SessionLostError);
  await expect(old.upkeep.positions()).rejects.toThrow(SessionLostError);
  await old.upkeep.noteError(PARTITION, DATE, ['AAA'], 'late');
  expect(await server.dump(store.layout.id)).toEqual(before);
});
