/**
 * The rules of feeding a session store: what happens to a bar, what is counted, and which writers are refused.
 * I1, I3, I4, I6, I7, I9: invariants at the end of docs/ARCHITECTURE.md.
 */
import { ABSENT_UNASKED, DayChunk, NO_TRADE, UNFILLABLE, type Bar } from '@barkeep/bars';
import {
  FeedSetBackError,
  FencedError,
  RewindError,
  SessionFeed,
  SessionLostError,
  UnknownSymbolError,
  removeSession,
  retireBefore,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { advanceTo, countedSlots, feedOf, otherBar } from '../support/programs/feeding.js';
import { sendingTwice } from '../support/sessions/faulty-connections.js';
import { fillOf } from '../support/sessions/follow-store.js';
import {
  ABSENT_ONCE,
  FIRST_DAY,
  PARTITION,
  SLOTS,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

/** Three days of 390 slots. */
const SPEC = {
  symbols: ['AAA', 'BBB'],
  start: '2013-10-07',
  end: '2013-10-09',
  source: { type: 'feed', latenessSeconds: 120 },
  backfill: ['vendor'],
  history: { retainDays: 1 },
};
const MINUTE = 60_000;
const LATENESS_MS = SPEC.source.latenessSeconds * 1_000;
/** The bars of AAA, one for each slot: bars 0 to 389 are the first day, bars 390 to 779 the second, and bars 780 to 1,169 the third. */
const bars = marketBars({ ...SPEC, seed: 5 }).get('AAA')!;
const server = new StoreServer();
afterAll(() => server.close());

let store: TestStore;
let feed: SessionFeed;
let frontier: ReturnType<typeof feedOf>['frontier'];
beforeEach(async () => {
  store = await server.begin(server.layout(SPEC));
  ({ feed, frontier } = feedOf(server.redis, store));
});

const counts = async () => (await store.reader.position()).counts;
/** Checks that the stored counts are those of the stored bytes. */
const expectConsistentCounts = async () => expect(await countedSlots(store)).toEqual(await counts());
/** The close of a bar of AAA. */
const closeOf = (bar: number) => bars[bar]!.openTime + MINUTE;
/** The time that the stream of a symbol has reached, when its feeder last called (0: never), and whether it has ended. */
const progressOf = async (symbol = 'AAA') =>
  (await frontier.progress()).streams.find((stream) => stream.symbol === symbol)!;
/** The time that the stream of AAA has reached when this bar is its last one. */
const reachedWith = (bar: number) => closeOf(bar) - LATENESS_MS;
/** The stored chunk of AAA's day, undefined when there is none. */
const storedChunk = async (day = FIRST_DAY) =>
  (await store.upkeep.readChunks(PARTITION, day, store.layout.base, ['AAA'])).get('AAA');
/** The outcome of a call without bars. Tests spread it, and name the counts that differ. */
const none = { accepted: 0, duplicates: 0, late: 0, conflicts: [], refused: [] };

/** Sets states of slots of AAA's first day, and fills other slots with their bars, as backfill would. */
async function backfill(states: Record<number, number>, filled: readonly number[] = []): Promise<void> {
  const fill = await fillOf(store, bars, filled, states);
  await store.upkeep.fill(PARTITION, FIRST_DAY, [{ ...fill, dueAt: 1 }]);
}

it('a feed writes bars of several days, in any order, into their slots as the stream of a dataset would', async () => {
  // Bars 0, 3 and 389 are of the first day, bar 400 is of the second and bar 800 of the third.
  const shuffled = [bars[400]!, bars[3]!, bars[389]!, bars[0]!, bars[800]!];
  expect(await feed.feed('AAA', shuffled)).toEqual({ ...none, accepted: 5 });
  const chunk = new DayChunk(SLOTS);
  for (const slot of [0, 3, 389]) chunk.writeBar(slot, bars[slot]!, 'streamed', 0);
  expect(Buffer.from((await storedChunk())!.bytes).equals(chunk.bytes)).toBe(true);
  expect((await storedChunk(1))!.count()).toBe(1);
  expect((await storedChunk(2))!.count()).toBe(1);
});

it('a feed counts a repeated bar as a duplicate, and one that differs as a conflict, and keeps the first', async () => {
  await feed.feed('AAA', bars.slice(0, 10));
  // Bars 4 and 9 are stored, and bar 12 comes three times with this call. `conflicts` has the indexes of bars in the call.
  const again = [bars[9]!, otherBar(bars[4]!), bars[12]!, bars[12]!, otherBar(bars[12]!)];
  expect(await feed.feed('AAA', again)).toEqual({ ...none, accepted: 1, duplicates: 2, conflicts: [1, 4] });
  expect((await storedChunk())!.bar(4, store.layout.grid(0))).toMatchObject({ close: bars[4]!.close });
  expect(await server.redis.hgetall(store.layout.keysOf(PARTITION).refused)).toEqual({ 'AAA conflict': '2' });
  expect((await store.reader.position()).refused).toBe(2);
});

it('I7 a feed refuses rows that cannot be bars, each with its reason, and accepts the others', async () => {
  const refusals: [reason: string, bar: Bar][] = [
    ['not-finite', { ...bars[0]!, high: NaN }],
    ['negative-price', { ...bars[1]!, low: -1 }],
    ['off-grid', { ...bars[2]!, openTime: bars[2]!.openTime + 1 }],
    ['outside-calendar', { ...bars[3]!, openTime: store.layout.grid(0).close + MINUTE }],
    ['outside-session', { ...bars[4]!, openTime: store.layout.start - MINUTE }],
    ['outside-session', { ...bars[5]!, openTime: store.layout.end }],
    ['not-finite', { ...bars[6]!, openTime: 1.5 }],
    ['zero-price', { ...bars[6]!, open: 0, high: 0, low: 0, close: 0 }],
  ];
  const rows = [...refusals.map(([, bar]) => bar), bars[7]!];
  /** The number of rows that the caller refused itself. */
  const malformed = 2;
  const { accepted, refused } = await feed.feed('AAA', rows, malformed);
  expect(accepted).toBe(1);
  expect(refused).toEqual(refusals.map(([reason], index) => ({ index, reason })));
  // The rows outside the calendar and the session are counted as extended-hours.
  expect(await server.redis.hgetall(store.layout.keysOf(PARTITION).refused)).toEqual({
    'AAA not-finite': '2',
    'AAA negative-price': '1',
    'AAA zero-price': '1',
    'AAA off-grid': '1',
    'AAA extended-hours': '3',
    'AAA malformed': '2',
  });
  await expect(feed.feed('ZZZ', bars)).rejects.toThrow(UnknownSymbolError);
});

it('I6 a bar is counted when the frontier passes it, once', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  expect(await counts()).toMatchObject({ expected: 0, streamed: 0 });
  expect(await advanceTo(frontier, closeOf(12))).toBe(13);
  // 13 slots (0 to 12) of each of two symbols. Only AAA has bars.
  expect(await counts()).toMatchObject({ expected: 2 * 13, streamed: 13, missing: 13 });
  await feed.feed('AAA', bars.slice(0, 20));
  // The frontier passes the other 7 bars. It is then one slot into the second day.
  expect(await advanceTo(frontier, closeOf(SLOTS))).toBe(7);
  expect(await counts()).toMatchObject({ expected: 2 * (SLOTS + 1), streamed: 20 });
  await expectConsistentCounts();
});

it('a stream has reached its last close less the lateness, or a posted time, and never goes back', async () => {
  const { now: before } = await frontier.progress();
  expect(await progressOf()).toEqual({ symbol: 'AAA', reached: store.layout.start, heardAt: 0, ended: false });
  await feed.feed('AAA', [bars[9]!, bars[7]!]);
  expect((await progressOf()).reached).toBe(reachedWith(9));
  await feed.feed('AAA', [bars[5]!]);
  expect((await progressOf()).reached).toBe(reachedWith(9));
  await feed.through('AAA', bars[30]!.openTime);
  await feed.through('AAA', bars[20]!.openTime);
  const { heardAt, ...position } = await progressOf();
  expect(position).toEqual({ symbol: 'AAA', reached: bars[30]!.openTime, ended: false });
  const { now: after } = await frontier.progress();
  expect(heardAt).toBeGreaterThanOrEqual(before);
  expect(heardAt).toBeLessThanOrEqual(after);
});

it('the end of a stream may be posted repeatedly, and ends no other stream', async () => {
  for (let send = 0; send < 2; send++) await feed.end('AAA');
  expect(await progressOf()).toMatchObject({ ended: true });
  expect(await progressOf('BBB')).toMatchObject({ reached: store.layout.start, heardAt: 0, ended: false });
});

it('I6 a late bar moves from the count of its empty slot to the streamed ones, and emits an event', async () => {
  await feed.feed('AAA', bars.slice(0, 2));
  await advanceTo(frontier, closeOf(19));
  const absentAfterThree = 3; // the state of a slot whose bar three requests did not get
  await backfill({ 2: ABSENT_ONCE, 3: NO_TRADE, 4: UNFILLABLE, 5: ABSENT_UNASKED, 6: absentAfterThree });
  expect(await counts()).toMatchObject({ streamed: 2, absent: 3, noTrade: 1, unfillable: 1 });
  // Slots 2 to 5 and 15 are before the frontier, slot 20 is after it.
  const late = await feed.feed('AAA', [...bars.slice(2, 6), bars[15]!, bars[20]!]);
  expect(late).toEqual({ ...none, accepted: 6, late: 5 });
  expect(await counts()).toMatchObject({ streamed: 7, absent: 1, noTrade: 0, unfillable: 0, expected: 2 * 20 });
  await expectConsistentCounts();
  const { dirty, retry, changes } = store.layout.keysOf(PARTITION);
  expect(await server.redis.smembers(dirty)).toEqual(['2013-10-07 AAA']);
  expect(await server.redis.zrange(retry, 0, -1)).toEqual(['2013-10-07 AAA']);
  const changeFields = (await server.redis.xrange(changes, '-', '+')).map(([, fields]) => fields);
  expect(changeFields.filter(([, type]) => type === 'late-bars')).toEqual([
    ['type', 'late-bars', 'date', '2013-10-07', 'symbols', '{"AAA":5}'],
  ]);
  // With the last absent slot filled, the day needs no retry.
  await feed.feed('AAA', [bars[6]!]);
  expect(await server.redis.zrange(retry, 0, -1)).toEqual([]);
  expect(await counts()).toMatchObject({ streamed: 8, absent: 0 });
});

it('I4 a feed keeps a backfilled bar: an equal one is a duplicate, one that differs a conflict', async () => {
  await advanceTo(frontier, closeOf(19));
  await backfill({}, [7, 8]);
  expect(await feed.feed('AAA', [bars[7]!, otherBar(bars[8]!)])).toEqual({ ...none, duplicates: 1, conflicts: [1] });
  expect((await storedChunk())!.bar(7, store.layout.grid(0))).toMatchObject({ origin: 'backfilled', dataset: 1 });
  expect(await counts()).toMatchObject({ streamed: 0, backfilled: 2 });
});

it('I6 a fill without a bar is refused for a slot whose late bar has come meanwhile', async () => {
  await advanceTo(frontier, closeOf(19));
  const [symbolDay] = await store.upkeep.readDay(PARTITION, FIRST_DAY, ['AAA']);
  await feed.feed('AAA', [bars[3]!]);
  // The fill of a worker that read the day before the bar came: all 20 slots are absent.
  const after = new Uint8Array(SLOTS).fill(ABSENT_ONCE, 0, 20);
  const stale = { symbol: 'AAA', before: symbolDay!.states, after, dueAt: 1, runs: [] };
  expect(await store.upkeep.fill(PARTITION, FIRST_DAY, [stale])).toEqual(new Set(['AAA']));
  expect(await counts()).toMatchObject({ streamed: 1, absent: 0 });
  await feed.feed('AAA', [bars[4]!]);
  await expectConsistentCounts();
});

it('a call that is sent again because its reply was lost has the same outcome and changes nothing more', async () => {
  const resent = new SessionFeed(sendingTwice(server.redis), store.layout);
  await feed.feed('AAA', [bars[0]!]);
  await advanceTo(frontier, closeOf(9));
  // A duplicate, a conflict, a late bar, a refused one, and one after the frontier.
  const mixed = [bars[0]!, otherBar(bars[0]!), bars[1]!, { ...bars[2]!, high: 0 }, bars[30]!];
  const result = {
    accepted: 2,
    duplicates: 1,
    late: 1,
    conflicts: [1],
    refused: [{ index: 3, reason: 'high-below-low' }],
  };
  expect(await resent.feed('AAA', mixed)).toEqual(result);
  expect(await counts()).toMatchObject({ streamed: 2 });
  expect((await store.reader.position()).refused).toBe(2);
});

it('I1 a feeder whose stored bars the store lost is refused, and one that sends them again is not', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  const setBack = await server.snapshot(store.layout.id);
  await feed.feed('AAA', bars.slice(20, 30));
  expect(feed.storedBars('AAA')).toBe(30);
  await setBack();
  const before = await server.dump(store.layout.id);
  const lost = { symbol: 'AAA', seenBars: 30, storedBars: 20, reachedMs: reachedWith(19) };
  await expect(feed.feed('AAA', bars.slice(30, 40))).rejects.toMatchObject(lost);
  await expect(feed.through('AAA', bars[50]!.openTime)).rejects.toThrow(FeedSetBackError);
  await expect(feed.end('AAA')).rejects.toThrow(FeedSetBackError);
  expect(await server.dump(store.layout.id)).toEqual(before);

  // Another feeder knows the 20 bars that the store has.
  const secondFeed = new SessionFeed(server.redis, store.layout);
  secondFeed.expectStored('AAA', 20);
  expect(await secondFeed.feed('AAA', bars.slice(0, 40))).toEqual({ ...none, accepted: 20, duplicates: 20 });
  await secondFeed.end('AAA');
  expect(await progressOf()).toMatchObject({ reached: reachedWith(39), ended: true });
  // The first feeder saw fewer bars than the store has now.
  expect(await feed.feed('AAA', bars.slice(0, 40))).toEqual({ ...none, duplicates: 40 });
});

it('I1 a feed notices that the store lost bars that did not move the stream, or all bars', async () => {
  const empty = await server.snapshot(store.layout.id);
  await feed.feed('AAA', [bars[2]!, bars[0]!]);
  const setBack = await server.snapshot(store.layout.id);
  await feed.feed('AAA', [bars[1]!]);
  await setBack();
  await expect(feed.feed('AAA', [bars[3]!])).rejects.toMatchObject({ seenBars: 3, storedBars: 2 });
  await empty();
  const allLost = { seenBars: 3, storedBars: 0, reachedMs: store.layout.start };
  await expect(feed.feed('AAA', [bars[3]!])).rejects.toMatchObject(allLost);
});

it('storedBars counts accepted bars, and neither duplicates nor conflicts', async () => {
  await feed.feed('AAA', bars.slice(0, 2));
  await feed.feed('AAA', [bars[0]!, otherBar(bars[1]!), bars[5]!, bars[5]!]);
  expect(feed.storedBars('AAA')).toBe(3);
  await feed.through('BBB', bars[9]!.openTime);
  expect(feed.storedBars('BBB')).toBe(0);
});

it('a feed refuses bars of removed days', async () => {
  await feed.feed('AAA', bars);
  await advanceTo(frontier, store.layout.end);
  await retireBefore(store.writer, 1);
  // Bars 389 and 5 are of the removed first day.
  expect(await feed.feed('AAA', [bars[389]!, bars[390]!, bars[5]!])).toEqual({
    ...none,
    duplicates: 1,
    refused: [
      { index: 0, reason: 'retired' },
      { index: 2, reason: 'retired' },
    ],
  });
  expect(await storedChunk()).toBeUndefined();
});

it('I9 a feed writes nothing to a removed session, nor to a new one with the same id', async () => {
  await feed.feed('AAA', bars.slice(0, 5));
  await removeSession(server.redis, store.layout);
  await expect(feed.feed('AAA', bars)).rejects.toThrow(SessionLostError);
  await expect(feed.end('AAA')).rejects.toThrow(SessionLostError);
  await expect(advanceTo(frontier, store.layout.end)).rejects.toThrow(SessionLostError);
  await expect(frontier.progress()).rejects.toThrow(SessionLostError);
  expect(await feed.isBegun('AAA')).toBe(false);
  expect(await server.keys(store.layout.id)).toEqual([]);
  await server.begin(server.layout(SPEC, store.layout.id));
  await expect(feed.feed('AAA', bars)).rejects.toThrow(SessionLostError);
});

it('I3 only the owner moves the frontier, and only from where the store has it', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  const writer = store.as({ epoch: 2, owner: 'two' });
  await writer.claim();
  await expect(advanceTo(frontier, closeOf(4))).rejects.toThrow(FencedError);
  await expect(frontier.noteSilent('AAA', 5)).rejects.toThrow(FencedError);
  const { frontier: frontierOfOwner } = feedOf(server.redis, { ...store, writer });
  expect(await advanceTo(frontierOfOwner, closeOf(4))).toBe(5);
  // The store is set back to its start, so the owner's next move does not begin where the store's frontier is.
  await server.redis.hset(store.layout.keysOf(PARTITION).meta, 'frontier', store.layout.start);
  await expect(advanceTo(frontierOfOwner, closeOf(8))).rejects.toThrow(RewindError);
});

it('each silence of a stream is emitted once', async () => {
  // A silence is identified by the time of the last message before it, so there are two silences: since 7 and since 9.
  for (const heardAt of [7, 7, 9]) await frontier.noteSilent('BBB', heardAt);
  const event = ['type', 'stream-silent', 'time', String(store.layout.start), 'symbol', 'BBB'];
  expect(await server.eventFields(store.layout)).toEqual([event, event]);
  expect(await frontier.silences()).toEqual(new Map([['BBB', 9]]));
});

it('a feed wakes the owner of the session when a stream advances or ends, and not for other bars', async () => {
  const { wake } = store.layout.keysOf(PARTITION);
  const subscriber = server.redis.duplicate();
  const messages: string[] = [];
  const lastReceived = new Promise<void>((resolve) => {
    subscriber.on('message', (_channel, message: string) => {
      messages.push(message);
      if (message === 'last') resolve();
    });
  });
  await subscriber.subscribe(wake);
  await feed.feed('AAA', [bars[5]!]);
  // A duplicate, and a bar before the last one.
  await feed.feed('AAA', [bars[5]!, bars[1]!]);
  await feed.end('AAA');
  await server.redis.publish(wake, 'last');
  await lastReceived;
  subscriber.disconnect();
  expect(messages).toEqual(['feed', 'feed', 'last']);
});
