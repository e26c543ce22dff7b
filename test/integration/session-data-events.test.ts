/**
 * The events of a session on a real Redis: each is emitted once, can be read from any position, and trimmed events are reported
 * to readers. The store of most tests has one gap in its bars: AAA lacks slots 10 to 19 of the first day.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { noCounts, NO_TRADE, UNFILLABLE, type SlotCounts } from '@barkeep/bars';
import {
  decodeCursor,
  encodeCursor,
  EVENTS_BEGINNING,
  SessionEvents,
  SessionLostError,
  emitGapsFound,
  emitState,
  publishEvents,
  type SessionEvent,
} from '@barkeep/session-data';
import { fillOfAaa, gapMarket, storeWithGap, writeFills } from '../support/sessions/gap-store.js';
import {
  ABSENT_ONCE,
  ABSENT_TWICE,
  derivedOf,
  FIRST_DAY,
  flushUpTo,
  PARTITION,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
/** The date of the first day, to which upkeep writes in these tests. */
const DATE = SMALL_SPEC.start;
afterAll(() => server.close());

/** Reads the events of a session as an operator, who sees all of them. */
const eventsOf = (store: TestStore) => new SessionEvents(server.redis, store.reader, 'operator');

/** The events that an operator sees. */
async function emitted(store: TestStore): Promise<object[]> {
  return (await eventsOf(store).read(EVENTS_BEGINNING)).events.map(({ event }) => plain(event));
}

/** An event without its time of the wall clock. */
function plain({ at, ...event }: SessionEvent): object {
  expect(at).toBeGreaterThan(Date.parse('2020-01-01'));
  return event;
}

/** Looks for gaps in the first `closedSlots` slots of the first day. */
async function findGaps({ upkeep, layout }: TestStore, closedSlots: number): Promise<void> {
  const symbolDays = await upkeep.readDay(PARTITION, FIRST_DAY, layout.symbols);
  await emitGapsFound(upkeep, { partition: PARTITION, day: FIRST_DAY, closed: closedSlots }, symbolDays);
}

/** Derives the first day. */
async function derive(store: TestStore): Promise<void> {
  const derived = await derivedOf(store, PARTITION, FIRST_DAY, SLOTS);
  await store.upkeep.writeDerived(PARTITION, FIRST_DAY, SLOTS, derived);
}

/** Moves the watermark to the close of the first day, and notes the day's counts. @returns false when the store was set back */
function closeDay({ upkeep, layout }: TestStore, from: number, counts: SlotCounts): Promise<boolean> {
  const { close } = layout.grid(FIRST_DAY);
  return upkeep.moveWatermark(PARTITION, from, close, { dayIndex: FIRST_DAY, counts });
}

describe('the events of upkeep', () => {
  test('a gap is emitted when it is first found, and later only its new slots', async () => {
    const store = await server.begin();
    const [first] = store.windows;
    await flushUpTo(store, gapMarket, first!.to);
    // The gap has slots 10 to 19: the first look finds five of them, a later one the others, and every other look nothing new.
    for (const closedSlots of [15, first!.toSlot]) {
      await Promise.all([1, 2, 3].map(() => findGaps(store, closedSlots)));
      await findGaps(store, closedSlots);
    }
    expect(await emitted(store)).toEqual([
      { type: 'gap-found', date: DATE, symbols: { AAA: 5 } },
      { type: 'gap-found', date: DATE, symbols: { AAA: 5 } },
    ]);
  });

  test('filled and settled slots are emitted once, however often the call is sent', async () => {
    const store = await storeWithGap(server);
    const fill = await fillOfAaa(store, [10, 11, 15], { 12: ABSENT_ONCE, 13: UNFILLABLE, 14: NO_TRADE });
    for (let send = 0; send < 3; send++) await writeFills(store, fill);
    // The event of settled slots also reports slots that are absent for the first time.
    expect(await emitted(store)).toEqual([
      { type: 'gap-filled', date: DATE, symbols: { AAA: 3 } },
      { type: 'gap-settled', date: DATE, symbols: { AAA: { noTrade: 1, unfillable: 1, absent: 1 } } },
    ]);
    // Another answer without the bar emits nothing.
    await writeFills(store, await fillOfAaa(store, [], { 12: ABSENT_TWICE }));
    expect(await emitted(store)).toHaveLength(2);
  });

  test('symbols are emitted when their derived bars changed, and not when equal bars are written again', async () => {
    const store = await storeWithGap(server);
    for (let send = 0; send < 2; send++) await derive(store);
    await writeFills(store, await fillOfAaa(store, [10]));
    for (let send = 0; send < 2; send++) await derive(store);
    expect((await emitted(store)).filter((event) => 'type' in event && event.type === 'derived')).toEqual([
      { type: 'derived', date: DATE, symbols: ['AAA', 'BBB', 'CCC'] },
      { type: 'derived', date: DATE, symbols: ['AAA'] },
    ]);
  });

  test('the quality of a day is emitted when the day closes and when the quality changes', async () => {
    const store = await storeWithGap(server);
    const { open, close } = store.layout.grid(FIRST_DAY);
    const expected = 3 * SLOTS;
    const [streamed, absent] = [expected - 10, 10];
    const counts = { ...noCounts(), expected, filled: streamed, streamed, absent };
    // The second call repeats the first, and the third has equal counts: neither emits an event.
    for (const from of [open, open, close]) await closeDay(store, from, counts);
    const repaired = { ...counts, filled: expected, backfilled: 10, absent: 0 };
    for (let send = 0; send < 2; send++) expect(await closeDay(store, close, repaired)).toBe(true);
    const event = { type: 'quality', date: DATE, symbols: 3 };
    expect(await emitted(store)).toEqual([
      { ...event, ...counts, barQuality: (streamed / expected) * 100 },
      { ...event, ...repaired, barQuality: 100 },
    ]);
  });

  test('no quality of a day is emitted when the store was set back to before its close', async () => {
    const store = await storeWithGap(server);
    const { open, close } = store.layout.grid(FIRST_DAY);
    const counts = { ...noCounts(), expected: 3 * SLOTS, filled: 3 * SLOTS, streamed: 3 * SLOTS };
    const setBack = await server.snapshot(store.layout.id);
    await store.upkeep.moveWatermark(PARTITION, open, close);
    await setBack(); // restores the snapshot
    expect(await closeDay(store, close, counts)).toBe(false);
    expect(await emitted(store)).toEqual([]);
  });
});

describe('I2 a strategy', () => {
  /** The events that a strategy sees, without those of the clock. */
  const seenBy = async (store: TestStore) =>
    (await new SessionEvents(server.redis, store.reader).read()).events
      .map(({ event }) => plain(event))
      .filter((event) => 'type' in event && event.type !== 'clock');

  test('sees the part of a change whose slots the clock has passed, and each part once', async () => {
    const store = await storeWithGap(server);
    const { layout, writer } = store;
    const closeOf = (slot: number) => layout.grid(FIRST_DAY).closeTime(slot);
    await writer.moveClock(closeOf(9));
    await findGaps(store, SLOTS);
    await writeFills(store, await fillOfAaa(store, [10, 11, 15], { 12: ABSENT_ONCE, 13: UNFILLABLE, 14: NO_TRADE }));
    // An operator sees the move of the clock and the three changes.
    expect(await emitted(store)).toHaveLength(4);
    expect(await seenBy(store)).toEqual([]);
    // The changes begin at slot 10, so none of them is due at a clock at the close of slot 9.
    expect(await server.redis.zcount(layout.keysOf(PARTITION).pending, '-inf', closeOf(9))).toBe(0);

    await writer.moveClock(closeOf(12));
    expect(await seenBy(store)).toEqual([
      { type: 'gap-found', date: DATE, symbols: { AAA: 3 } },
      { type: 'gap-filled', date: DATE, symbols: { AAA: 2 } },
      { type: 'gap-settled', date: DATE, symbols: { AAA: { noTrade: 0, unfillable: 0, absent: 1 } } },
    ]);
    // A repeated move and a claim publish nothing again.
    await writer.moveClock(closeOf(12));
    await writer.claim();
    expect(await seenBy(store)).toHaveLength(3);

    await writer.moveClock(layout.grid(FIRST_DAY).close);
    const rest = (await seenBy(store)).slice(3);
    expect(rest).toHaveLength(3);
    expect(rest).toEqual(
      expect.arrayContaining([
        { type: 'gap-found', date: DATE, symbols: { AAA: 7 } },
        { type: 'gap-filled', date: DATE, symbols: { AAA: 1 } },
        { type: 'gap-settled', date: DATE, symbols: { AAA: { noTrade: 1, unfillable: 1, absent: 0 } } },
      ]),
    );
  });

  test('sees nothing of a new session when a process of a deleted one with the id publishes late', async () => {
    const deleted = await storeWithGap(server);
    await server.redis.unlink(...(await server.keys(deleted.layout.id)));
    const store = await server.begin(server.layout(SMALL_SPEC, deleted.layout.id));
    await flushUpTo(store, gapMarket, store.layout.end);
    await findGaps(store, SLOTS);
    await publishEvents(server.redis, deleted.layout, deleted.layout.end);
    expect(await seenBy(store)).toEqual([]);
  });

  test('sees a change before the clock at once', async () => {
    const store = await storeWithGap(server);
    await store.writer.moveClock(store.layout.grid(FIRST_DAY).close);
    await writeFills(store, await fillOfAaa(store, [10]));
    expect(await seenBy(store)).toEqual([{ type: 'gap-filled', date: DATE, symbols: { AAA: 1 } }]);
  });

  test('sees a derived bar change once the clock has passed the first bucket that changed', async () => {
    const store = await storeWithGap(server);
    const { layout, writer } = store;
    await derive(store);
    await writer.moveClock(layout.grid(FIRST_DAY).closeTime(9));
    const before = (await seenBy(store)).length;
    await writeFills(store, await fillOfAaa(store, [15]));
    await derive(store);
    await writer.moveClock(layout.grid(FIRST_DAY).closeTime(14));
    expect((await seenBy(store)).slice(before)).toEqual([]);
    await writer.moveClock(layout.grid(FIRST_DAY).close);
    expect((await seenBy(store)).slice(before)).toContainEqual(
      expect.objectContaining({ type: 'derived', date: DATE, symbols: expect.arrayContaining(['AAA']) }),
    );
  });

  test('sees counts, gaps, refusals and the digest up to the clock', async () => {
    const store = await server.begin();
    const { layout, writer, reader } = store;
    await flushUpTo(store, gapMarket, layout.end);
    await writer.moveClock(layout.grid(FIRST_DAY).closeTime(7));
    const seen = await reader.position('strategy');
    // Eight slots of three symbols are closed.
    expect(seen).toMatchObject({
      clock: layout.grid(FIRST_DAY).closeTime(7),
      counts: { expected: 24, filled: 24, missing: 0 },
    });
    expect([seen.frontier, seen.watermark].every((time) => time <= seen.clock)).toBe(true);
    expect(await reader.gaps('AAA', 'strategy')).toEqual([]);
    expect(await reader.gaps('AAA', 'operator')).not.toEqual([]);
    expect(await reader.digest('strategy')).toMatchObject({ chunks: 0 });
    await writer.moveClock(layout.end);
    expect(await reader.position('strategy')).toMatchObject({ counts: (await reader.position('operator')).counts });
    expect(await reader.digest('strategy')).toEqual(await reader.digest('operator'));
  });
});

test('a state is emitted when it differs from the last one, and not to another session with the id', async () => {
  const store = await server.begin();
  for (const state of ['running', 'running', 'paused', 'running']) await emitState(server.redis, store.layout, state);
  await emitState(server.redis, store.layout, 'failed', 'the source is gone');
  expect(await emitted(store)).toEqual([
    { type: 'state', state: 'running' },
    { type: 'state', state: 'paused' },
    { type: 'state', state: 'running' },
    { type: 'state', state: 'failed', error: 'the source is gone' },
  ]);
  // The same id with another incarnation.
  const other = server.layout(SMALL_SPEC, store.layout.id);
  expect(await emitState(server.redis, other, 'running')).toBe(false);
});

describe('reading events', () => {
  /** A store of several partitions, each with three found gaps, and for each a move of the clock. */
  async function storeOfPartitions(): Promise<TestStore> {
    const symbols = Array.from({ length: 300 }, (_, i) => `S${i}`);
    const store = await server.begin(server.layout({ ...SMALL_SPEC, symbols }));
    const { layout, upkeep, writer } = store;
    expect(layout.partitions).toBeGreaterThan(2);
    await flushUpTo(store, new Map(), layout.grid(FIRST_DAY).close);
    for (let partition = 0; partition < layout.partitions; partition++) {
      const symbolDays = await upkeep.readDay(partition, FIRST_DAY, layout.symbolsOf(partition));
      for (const closedSlots of [5, 10, 15]) {
        await emitGapsFound(upkeep, { partition, day: FIRST_DAY, closed: closedSlots }, symbolDays);
      }
      await writer.moveClock(layout.grid(FIRST_DAY).openTime(partition + 1));
    }
    return store;
  }

  test('the events of all partitions are read completely from any cursor on', async () => {
    const store = await storeOfPartitions();
    const all = (await eventsOf(store).read()).events;
    expect(all).toHaveLength(4 * store.layout.partitions);
    for (const [i, { cursor }] of all.entries()) {
      const from = decodeCursor(encodeCursor(cursor))!;
      const rest = (await eventsOf(store).read(from)).events;
      expect(rest).toEqual(all.slice(i + 1));
    }
    expect((await eventsOf(store).read(await eventsOf(store).now())).events).toEqual([]);
  });

  test('the events of all partitions are read completely one at a time', async () => {
    const store = await storeOfPartitions();
    const oneByOne: object[] = [];
    let batch = await eventsOf(store).read(EVENTS_BEGINNING, { limit: 1 });
    while (batch.events.length > 0) {
      oneByOne.push(...batch.events.map(({ event }) => event));
      batch = await eventsOf(store).read(batch.cursor, { limit: 1 });
    }
    const all = (await eventsOf(store).read()).events.map(({ event }) => event);
    // A read of one event takes it from one partition, so the order over partitions may differ.
    const sortedTexts = (events: object[]) => events.map((event) => JSON.stringify(event)).sort();
    expect(sortedTexts(oneByOne)).toEqual(sortedTexts(all));
  });

  test('trimmed events are reported as a gap to readers that had not read them, and to no other', async () => {
    const store = await server.begin();
    const { events } = store.layout.keysOf(PARTITION);
    const start = await eventsOf(store).now();
    for (const state of ['running', 'paused', 'running']) await emitState(server.redis, store.layout, state);
    const all = (await eventsOf(store).read(start)).events;
    expect(await eventsOf(store).read(start)).toMatchObject({ areTrimmed: false });
    await server.redis.xtrim(events, 'MAXLEN', '=', 1);
    expect(await eventsOf(store).read(start)).toMatchObject({ areTrimmed: true, events: [all[2]] });
    expect(await eventsOf(store).read(all[0]!.cursor)).toMatchObject({ areTrimmed: true });
    expect(await eventsOf(store).read(all[2]!.cursor)).toMatchObject({ areTrimmed: false, events: [] });
  });

  test('a blocking read waits for the next event', async () => {
    const store = await server.begin();
    const connection = server.redis.duplicate();
    try {
      const waiting = new SessionEvents(connection, store.reader).read(EVENTS_BEGINNING, { blockMs: 5_000 });
      // Redis answers in order. So before the event is emitted, the read has looked once and found none.
      await connection.ping();
      await emitState(server.redis, store.layout, 'running');
      expect((await waiting).events.map(({ event }) => plain(event))).toEqual([{ type: 'state', state: 'running' }]);
    } finally {
      connection.disconnect();
    }
  });

  test('events of an unknown type are ignored, and the events of a deleted session cannot be read', async () => {
    const store = await server.begin();
    await server.redis.xadd(store.layout.keysOf(PARTITION).events, '*', 'type', 'of-tomorrow', 'time', '1');
    await emitState(server.redis, store.layout, 'running');
    expect(await emitted(store)).toEqual([{ type: 'state', state: 'running' }]);
    await server.redis.unlink(store.layout.keysOf(PARTITION).meta);
    await expect(emitted(store)).rejects.toThrow(SessionLostError);
  });

  test('a cursor is a short text, and another text is refused as a cursor', () => {
    const cursor = ['1767603601000-0', '0-0', '1767603601000-17'];
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
    expect(encodeCursor(cursor).length).toBeLessThan(32);
    for (const text of ['', 'x', 'e!', 'e1-2-3', `e${'z'.repeat(12)}`, 'e1..A', `e${'.'.repeat(2_000)}`]) {
      expect(decodeCursor(text)).toBeUndefined();
    }
  });
});
