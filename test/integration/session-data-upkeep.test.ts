/** Writes of upkeep workers: fills, errors, derived bars and the watermark. */
import { BACKFILLED, countBits, NO_TRADE, RECORD_BYTES, UNFILLABLE } from '@barkeep/bars';
import { SessionEvents, SessionLayout, SessionLostError } from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { fillOf, flushedDay } from '../support/sessions/follow-store.js';
import { deriveAll, derivedOf, flushUpTo, SMALL_SPEC, StoreServer } from '../support/sessions/session-store.js';

const server = new StoreServer();
const whole = marketBars({ ...SMALL_SPEC, seed: 5 });
const barsOfAaa = whole.get('AAA')!;
/** AAA lacks slots 10 to 19 of the first day. */
const market = new Map([...whole].map(([symbol, bars]) => [symbol, symbol === 'AAA' ? bars.toSpliced(10, 10) : bars]));
const SLOTS = 390;
/** States of a slot: absent after one request, and after two. */
const [ABSENT_ONCE, ABSENT_TWICE] = [1, 2];
afterAll(() => server.close());

describe('I4 a fill', () => {
  test('of a day with the most slots, and of more gaps than a function can have arguments, is written', async () => {
    const slots = 65_535;
    const open = Date.parse('2013-10-07');
    const longDay = { date: '2013-10-07', segments: [{ open, close: open + slots * 60_000 }] };
    const { id, spec, incarnation } = server.layout({ ...SMALL_SPEC, calendar: '24/7', end: '2013-10-07', upkeep: {} });
    const layout = new SessionLayout(id, incarnation, spec, server.prefix, 0, undefined, [longDay]);
    const store = await server.begin(layout);
    for (const window of layout.windowsFrom(0)) {
      await store.writer.flush(window, { partition: 0, chunks: new Map(), bars: 0, refused: new Map() });
    }
    // Fills every second slot of each symbol.
    const filled = Array.from({ length: Math.ceil(slots / 2) }, (_, i) => 2 * i);
    const records = new Uint8Array(RECORD_BYTES).fill(1);
    const after = Uint8Array.from({ length: slots }, (_, slot) => (slot % 2 === 0 ? BACKFILLED : ABSENT_ONCE));
    const runs = filled.map((start) => ({ start, records }));
    const fills = ['AAA', 'BBB', 'CCC'].map((symbol) => ({ symbol, before: undefined, after, dueAt: undefined, runs }));
    expect(await store.upkeep.fill(0, 0, fills)).toEqual(new Set());
    const { counts } = await store.reader.position();
    expect(counts).toMatchObject({ expected: 3 * slots, backfilled: 3 * filled.length, missing: 0 });
    const [day] = await store.upkeep.readDay(0, 0, ['CCC']);
    expect(countBits(day!.bitmap, 0, slots)).toBe(filled.length);
  });

  test('writes empty slots, counts them, marks the day and sets its retry, once however often it is sent', async () => {
    const store = await flushedDay(server, market);
    const fill = await fillOf(store, barsOfAaa, [10, 11, 15], { 12: ABSENT_ONCE, 13: UNFILLABLE, 14: NO_TRADE });
    const refused = [{ symbol: 'AAA', reason: 'not-finite', total: 2 }];
    expect(await store.upkeep.fill(0, 0, [{ ...fill, dueAt: 1_000 }], refused)).toEqual(new Set());
    const afterFirst = await server.dump(store.layout.id);
    expect(await store.upkeep.fill(0, 0, [{ ...fill, dueAt: 1_000 }], refused)).toEqual(new Set());
    expect(await server.dump(store.layout.id)).toEqual(afterFirst);

    const { counts, refused: refusals } = await store.reader.position();
    expect(refusals).toBe(2);
    expect(counts).toEqual({
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
    expect(await store.upkeep.dirty(0)).toEqual([{ date: '2013-10-07', symbol: 'AAA' }]);
    expect(await store.upkeep.dueRetries(0, 999)).toEqual([]);
    expect(await store.upkeep.dueRetries(0, 1_000)).toEqual([{ date: '2013-10-07', symbol: 'AAA' }]);
    expect(await store.upkeep.nextRetry()).toBe(1_000);
    await store.writer.moveClock(store.layout.grid(0).close);
    const [filled] = await store.reader.barsBetween('AAA', '1m', barsOfAaa[10]!.openTime, barsOfAaa[11]!.openTime);
    expect(filled).toMatchObject({ ...barsOfAaa[10]!, origin: 'backfilled', dataset: 1 });
  });

  test('I2 keeps one count of refused bars for each day, and a strategy sees those of days before the clock', async () => {
    const store = await server.begin();
    await flushUpTo(store, market, store.layout.end);
    const refused = (total: number) => [{ symbol: 'AAA', reason: 'off-grid', total }];
    // Totals, not additions: the last call for a day counts.
    for (const total of [1, 2]) {
      await store.upkeep.fill(0, 1, [], refused(3));
      await store.upkeep.fill(0, 0, [], refused(total));
    }
    /** What a strategy sees at a clock. */
    const seenAt = async (time: number) => {
      await store.writer.moveClock(time);
      return (await store.reader.position('strategy')).refused;
    };
    expect(await seenAt(store.layout.grid(0).close - 60_000)).toBe(0);
    expect(await seenAt(store.layout.grid(0).close)).toBe(2);
    expect((await store.reader.position('operator')).refused).toBe(5);
    expect(await seenAt(store.layout.grid(1).close)).toBe(5);
  });

  test('with a slot that has a streamed bar is refused for the whole symbol, and for no other', async () => {
    const store = await flushedDay(server, market);
    const before = await server.dump(store.layout.id);
    // Slot 9 has a bar.
    const taken = await fillOf(store, barsOfAaa, [10, 9]);
    expect(await store.upkeep.fill(0, 0, [taken])).toEqual(new Set(['AAA']));
    expect(await server.dump(store.layout.id)).toEqual(before);
    // BBB lacks no slot, so this fill only sets a state.
    const other = { ...(await fillOf(store, barsOfAaa, [], { 3: ABSENT_ONCE })), symbol: 'BBB' };
    expect(await store.upkeep.fill(0, 0, [taken, other])).toEqual(new Set(['AAA']));
    expect((await store.reader.position()).counts).toMatchObject({ backfilled: 0, absent: 1 });
  });

  test('by one of two workers with the same states is written, and that of the other is refused', async () => {
    const store = await flushedDay(server, market);
    const [one, two] = [await fillOf(store, barsOfAaa, [10]), await fillOf(store, barsOfAaa, [10, 11])];
    const [first, second] = await Promise.all([store.upkeep.fill(0, 0, [one]), store.upkeep.fill(0, 0, [two])]);
    expect([first.size, second.size].sort()).toEqual([0, 1]);
    const current = await fillOf(store, barsOfAaa, [12], { 13: ABSENT_ONCE });
    // As of a worker that read the day before any slot had a state.
    const stale = { ...current, before: undefined };
    expect(await store.upkeep.fill(0, 0, [stale])).toEqual(new Set(['AAA']));
    expect(await store.upkeep.fill(0, 0, [current])).toEqual(new Set());
  });

  test('creates the chunk of a symbol without a bar, and later windows keep the filled bars', async () => {
    const late = new Map([...market].map(([symbol, bars]) => [symbol, symbol === 'AAA' ? bars.slice(100) : bars]));
    const store = await server.begin();
    const [first] = [...store.layout.windowsFrom(0)];
    await flushUpTo(store, late, first!.to);
    expect(await store.upkeep.fill(0, 0, [await fillOf(store, barsOfAaa, [0, 49])])).toEqual(new Set());
    await flushUpTo(store, late, store.layout.end);
    await store.writer.moveClock(store.layout.end);
    const bars = await store.reader.lastBars('AAA', '1m', 10_000);
    expect(bars.map(({ openTime }) => openTime)).toEqual(
      [...barsOfAaa.filter((_, i) => i === 0 || i === 49), ...late.get('AAA')!].map(({ openTime }) => openTime),
    );
  });

  test('writes nothing at or after the frontier, where the stream will write', async () => {
    const store = await server.begin();
    const [first] = [...store.layout.windowsFrom(0)];
    await flushUpTo(store, market, first!.to);
    const before = await server.dump(store.layout.id);
    const [withBar, withState] = [
      await fillOf(store, barsOfAaa, [first!.toSlot]),
      await fillOf(store, barsOfAaa, [], { [first!.toSlot]: ABSENT_ONCE }),
    ];
    for (const fill of [withBar, withState]) {
      expect(await store.upkeep.fill(0, 0, [fill])).toEqual(new Set(['AAA']));
    }
    expect(await server.dump(store.layout.id)).toEqual(before);
  });

  test('removes the last error of its symbol', async () => {
    const store = await flushedDay(server, market);
    await store.upkeep.noteError(0, '2013-10-07', ['AAA'], 'the vendor is away');
    expect((await store.reader.gaps('AAA')).map(({ lastError }) => lastError)).toEqual(['the vendor is away']);
    await store.upkeep.fill(0, 0, [await fillOf(store, barsOfAaa, [10], { 11: ABSENT_TWICE })]);
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
  await store.upkeep.failures.note(failure, 3);
  const stored = await store.upkeep.failures.list();
  expect(stored).toEqual([{ ...failure, error: expect.stringMatching(/^x{499}.$/), since: 3 }]);
  const { events } = await new SessionEvents(server.redis, store.reader, 'operator').read();
  expect(events.map(({ event }) => event)).toMatchObject([
    { type: 'repository-failed', repository: 'vendor', nextTryAt: 5 },
  ]);
});

describe('I5 derived bars', () => {
  test('are refused when their base bars have changed, and the day stays dirty', async () => {
    const store = await flushedDay(server, market);
    await store.upkeep.fill(0, 0, [await fillOf(store, barsOfAaa, [10])]);
    const stale = await derivedOf(store, 0, 0, SLOTS);
    await store.upkeep.fill(0, 0, [await fillOf(store, barsOfAaa, [11])]);
    const before = await server.dump(store.layout.id);
    expect(await store.upkeep.writeDerived(0, 0, SLOTS, stale.slice(0, 1))).toEqual(new Set(['AAA']));
    expect(await server.dump(store.layout.id)).toEqual(before);
    expect(await store.upkeep.writeDerived(0, 0, SLOTS, await derivedOf(store, 0, 0, SLOTS))).toEqual(new Set());
    expect(await store.upkeep.dirty(0)).toEqual([]);
  });

  test('up to an earlier slot do not remove those that another worker wrote up to a later one', async () => {
    const [store, expected] = [await server.begin(), await server.begin()];
    const [first, second] = [...store.layout.windowsFrom(0)];
    await flushUpTo(store, market, first!.to);
    const slow = await derivedOf(store, 0, 0, first!.toSlot);
    await flushUpTo(store, market, second!.to);
    await deriveAll(store);
    expect(await store.upkeep.writeDerived(0, 0, first!.toSlot, slow)).toEqual(new Set());
    await flushUpTo(expected, market, second!.to);
    await deriveAll(expected);
    expect(await store.reader.digest()).toEqual(await expected.reader.digest());
  });

  test('up to an earlier slot leave the day dirty when a slot after it was filled', async () => {
    const store = await server.begin();
    const second = [...store.layout.windowsFrom(0)][1]!;
    // No symbol has a bar in the first slot of the second window.
    const hole = barsOfAaa[second.fromSlot]!.openTime;
    const withHole = new Map(
      [...market].map(([symbol, bars]) => [symbol, bars.filter(({ openTime }) => openTime !== hole)]),
    );
    await flushUpTo(store, withHole, second.prev);
    const slow = await derivedOf(store, 0, 0, second.fromSlot);
    await flushUpTo(store, withHole, second.to);
    await deriveAll(store);
    expect(await store.upkeep.fill(0, 0, [await fillOf(store, barsOfAaa, [second.fromSlot])])).toEqual(new Set());
    expect(await store.upkeep.writeDerived(0, 0, second.fromSlot, slow)).toEqual(new Set());
    expect(await store.upkeep.dirty(0)).toEqual([{ date: '2013-10-07', symbol: 'AAA' }]);
  });

  test('that are written window by window have the bytes of those written at once', async () => {
    const [steps, once] = [await server.begin(), await server.begin(server.layout({ ...SMALL_SPEC, upkeep: {} }))];
    for (const { to } of steps.layout.windowsFrom(0)) {
      await flushUpTo(steps, market, to);
      await deriveAll(steps);
    }
    await flushUpTo(once, market, once.layout.end);
    await deriveAll(once);
    expect(await steps.reader.digest()).toEqual(await once.reader.digest());
  });
});

test('I2 the watermark never goes back and never passes the frontier', async () => {
  const store = await server.begin();
  const { start, end } = store.layout;
  const [first, second] = [...store.layout.windowsFrom(0)];
  await flushUpTo(store, market, second!.to);
  const watermark = async () => (await store.upkeep.positions())[0]!.watermark;
  expect(await watermark()).toBe(start);
  expect(await store.upkeep.moveWatermark(0, start, first!.to)).toBe(true);
  // A move to an earlier time is accepted and changes nothing.
  expect(await store.upkeep.moveWatermark(0, start, start)).toBe(true);
  expect(await watermark()).toBe(first!.to);
  expect(await store.upkeep.moveWatermark(0, start, end)).toBe(false);
  expect(await watermark()).toBe(first!.to);
});

test('I6 the watermark does not move when it is before the slots that a worker has checked', async () => {
  const store = await server.begin();
  const [first, second, third] = [...store.layout.windowsFrom(0)];
  await flushUpTo(store, market, third!.to);
  await store.upkeep.moveWatermark(0, store.layout.start, first!.to);
  // The worker checked only the third window: the store was set back since.
  expect(await store.upkeep.moveWatermark(0, second!.to, third!.to)).toBe(false);
  expect((await store.upkeep.positions())[0]!.watermark).toBe(first!.to);
});

test('I9 upkeep for a deleted session writes nothing to a new one with the same id', async () => {
  const old = await flushedDay(server, market);
  const [fill, derived] = [await fillOf(old, barsOfAaa, [10]), await derivedOf(old, 0, 0, SLOTS)];
  await server.redis.unlink(...(await server.keys(old.layout.id)));
  const store = await server.begin(server.layout(SMALL_SPEC, old.layout.id));
  await flushUpTo(store, market, store.layout.end);
  const before = await server.dump(store.layout.id);
  await expect(old.upkeep.fill(0, 0, [fill])).rejects.toThrow(SessionLostError);
  await expect(old.upkeep.writeDerived(0, 0, SLOTS, derived)).rejects.toThrow(SessionLostError);
  await expect(old.upkeep.moveWatermark(0, old.layout.start, old.layout.end)).rejects.toThrow(SessionLostError);
  await expect(old.upkeep.positions()).rejects.toThrow(SessionLostError);
  await old.upkeep.noteError(0, '2013-10-07', ['AAA'], 'late');
  expect(await server.dump(store.layout.id)).toEqual(before);
});
