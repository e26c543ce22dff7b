/** The rules of feeding a session store: what happens to a bar, what is counted, and who may write. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DayChunk, NO_TRADE, recordOffset, UNFILLABLE, ABSENT_UNASKED, BACKFILLED, type Bar } from '@barkeep/bars';
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
import type { Redis } from 'ioredis';
import { advanceTo, countedSlots, feedOf, otherBar } from '../support/programs/feeding.js';
import { marketBars } from '../support/data/market.js';
import { StoreServer, type TestStore } from '../support/sessions/session-store.js';

const SPEC = {
  symbols: ['AAA', 'BBB'],
  start: '2013-10-07',
  end: '2013-10-09',
  source: { type: 'feed', latenessSeconds: 120 },
  backfill: ['vendor'],
  history: { retainDays: 1 },
};
const MINUTE = 60_000;
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
const reached = async (symbol = 'AAA') =>
  (await frontier.progress()).streams.find((stream) => stream.symbol === symbol)!;
const stored = async (symbol = 'AAA', dayIndex = 0) =>
  (await store.upkeep.readChunks(0, dayIndex, store.layout.base, [symbol])).get(symbol);
const none = { accepted: 0, duplicates: 0, late: 0, conflicts: [], refused: [] };

/** Sets slot states of AAA's first day and fills slots, as backfill would. */
async function treat(states: Record<number, number>, backfilled: Record<number, Bar> = {}): Promise<Set<string>> {
  const [known] = await store.upkeep.readDay(0, 0, ['AAA']);
  const { slotCount } = store.layout.grid(0);
  const after = new Uint8Array(slotCount);
  if (known!.states) after.set(known!.states);
  for (const [slot, state] of Object.entries(states)) after[Number(slot)] = state;
  const runs = Object.entries(backfilled).map(([slot, bar]) => {
    const start = Number(slot);
    after[start] = BACKFILLED;
    const chunk = new DayChunk(slotCount);
    chunk.writeBar(start, bar, 'backfilled', 1);
    return { start, records: chunk.bytes.slice(recordOffset(slotCount, start), recordOffset(slotCount, start + 1)) };
  });
  return store.upkeep.fill(0, 0, [{ symbol: 'AAA', before: known!.states, after, dueAt: 1, runs }]);
}

it('writes bars of several days, in any order, into their slots as the stream of a dataset would', async () => {
  const some = [bars[400]!, bars[3]!, bars[389]!, bars[0]!, bars[800]!];
  expect(await feed.feed('AAA', some)).toEqual({ ...none, accepted: 5 });
  const chunk = new DayChunk(390);
  for (const slot of [0, 3, 389]) chunk.writeBar(slot, bars[slot]!, 'streamed', 0);
  expect(Buffer.from((await stored())!.bytes).equals(chunk.bytes)).toBe(true);
  expect((await stored('AAA', 1))!.count()).toBe(1);
  expect((await stored('AAA', 2))!.count()).toBe(1);
});

it('counts an equal bar as a duplicate and another one as a conflict, and keeps the first', async () => {
  await feed.feed('AAA', bars.slice(0, 10));
  const again = [bars[9]!, otherBar(bars[4]!), bars[12]!, bars[12]!, otherBar(bars[12]!)];
  expect(await feed.feed('AAA', again)).toEqual({ ...none, accepted: 1, duplicates: 2, conflicts: [1, 4] });
  expect((await stored())!.bar(4, store.layout.grid(0))).toMatchObject({ close: bars[4]!.close });
  expect(await server.redis.hgetall(store.layout.keysOf(0).refused)).toEqual({ 'AAA conflict': '2' });
  expect((await store.reader.position()).refused).toBe(2);
});

it('I7 refuses what cannot be stored, by its reason, and takes the rest', async () => {
  const bad = [
    { ...bars[0]!, high: NaN },
    { ...bars[1]!, low: -1 },
    { ...bars[2]!, openTime: bars[2]!.openTime + 1 },
    { ...bars[3]!, openTime: store.layout.grid(0).close + MINUTE },
    { ...bars[4]!, openTime: store.layout.start - MINUTE },
    { ...bars[5]!, openTime: store.layout.end },
    { ...bars[6]!, openTime: 1.5 },
    { ...bars[6]!, open: 0, high: 0, low: 0, close: 0 },
  ];
  const { accepted, refused } = await feed.feed('AAA', [...bad, bars[7]!], 2);
  expect(accepted).toBe(1);
  const reasons = refused.map(({ index, reason }) => `${index} ${reason}`);
  expect(reasons).toEqual([
    '0 not-finite',
    '1 negative-price',
    '2 off-grid',
    '3 outside-calendar',
    '4 outside-session',
    '5 outside-session',
    '6 not-finite',
    '7 zero-price',
  ]);
  expect(await server.redis.hgetall(store.layout.keysOf(0).refused)).toEqual({
    'AAA not-finite': '2',
    'AAA negative-price': '1',
    'AAA zero-price': '1',
    'AAA off-grid': '1',
    'AAA extended-hours': '3',
    'AAA malformed': '2',
  });
  await expect(feed.feed('ZZZ', bars)).rejects.toThrow(UnknownSymbolError);
});

it('I6 counts staged bars when the frontier passes them, and each once', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  expect(await counts()).toMatchObject({ expected: 0, streamed: 0 });
  expect(await advanceTo(frontier, bars[12]!.openTime + MINUTE)).toBe(13);
  expect(await counts()).toMatchObject({ expected: 26, streamed: 13, missing: 13 });
  await feed.feed('AAA', bars.slice(0, 20));
  expect(await advanceTo(frontier, bars[390]!.openTime + MINUTE)).toBe(7);
  expect(await counts()).toMatchObject({ expected: 782, streamed: 20 });
  expect(await countedSlots(store)).toEqual(await counts());
});

it('says how far a stream is: the last close less the lateness, a time, or the end', async () => {
  expect(await reached()).toEqual({ symbol: 'AAA', reached: store.layout.start, heardAt: 0, ended: false });
  await feed.feed('AAA', [bars[9]!, bars[7]!]);
  expect((await reached()).reached).toBe(bars[9]!.openTime + MINUTE - 120_000);
  await feed.feed('AAA', [bars[5]!]);
  expect((await reached()).reached).toBe(bars[9]!.openTime + MINUTE - 120_000);
  await feed.through('AAA', bars[30]!.openTime);
  await feed.through('AAA', bars[20]!.openTime);
  const { now } = await frontier.progress();
  const { heardAt, ...position } = await reached();
  expect(position).toEqual({ symbol: 'AAA', reached: bars[30]!.openTime, ended: false });
  expect(now - heardAt).toBeLessThan(5_000);
  await feed.end('AAA');
  await feed.end('AAA');
  expect(await reached()).toMatchObject({ ended: true });
  expect(await reached('BBB')).toMatchObject({ reached: store.layout.start, heardAt: 0, ended: false });
});

it('I6 takes a late bar out of the count that its empty slot was in, and emits an event', async () => {
  await feed.feed('AAA', bars.slice(0, 2));
  await advanceTo(frontier, bars[19]!.openTime + MINUTE);
  await treat({ 2: 1, 3: NO_TRADE, 4: UNFILLABLE, 5: ABSENT_UNASKED, 6: 3 });
  expect(await counts()).toMatchObject({ streamed: 2, absent: 3, noTrade: 1, unfillable: 1 });
  const late = await feed.feed('AAA', [...bars.slice(2, 6), bars[15]!, bars[20]!]);
  expect(late).toEqual({ ...none, accepted: 6, late: 5 });
  expect(await counts()).toMatchObject({ streamed: 7, absent: 1, noTrade: 0, unfillable: 0, expected: 40 });
  expect(await countedSlots(store)).toEqual(await counts());
  const { dirty, retry, changes } = store.layout.keysOf(0);
  expect(await server.redis.smembers(dirty)).toEqual(['2013-10-07 AAA']);
  expect(await server.redis.zrange(retry, 0, -1)).toEqual(['2013-10-07 AAA']);
  const said = (await server.redis.xrange(changes, '-', '+')).map(([, fields]) => fields);
  expect(said.filter(([, type]) => type === 'late-bars')).toEqual([
    ['type', 'late-bars', 'date', '2013-10-07', 'symbols', '{"AAA":5}'],
  ]);
  await feed.feed('AAA', [bars[6]!]);
  expect(await server.redis.zrange(retry, 0, -1)).toEqual([]);
  expect(await counts()).toMatchObject({ streamed: 8, absent: 0 });
});

it('I4 keeps a bar that backfill brought: an equal one is a duplicate, another one a conflict', async () => {
  await advanceTo(frontier, bars[19]!.openTime + MINUTE);
  await treat({}, { 7: bars[7]!, 8: bars[8]! });
  expect(await feed.feed('AAA', [bars[7]!, otherBar(bars[8]!)])).toEqual({ ...none, duplicates: 1, conflicts: [1] });
  expect((await stored())!.bar(7, store.layout.grid(0))).toMatchObject({ origin: 'backfilled', dataset: 1 });
  expect(await counts()).toMatchObject({ streamed: 0, backfilled: 2 });
});

it('I6 refuses an answer without a bar that was worked out before the late bar came', async () => {
  await advanceTo(frontier, bars[19]!.openTime + MINUTE);
  const [before] = await store.upkeep.readDay(0, 0, ['AAA']);
  await feed.feed('AAA', [bars[3]!]);
  const after = new Uint8Array(390).fill(1, 0, 20);
  const fill = { symbol: 'AAA', before: before!.states, after, dueAt: 1, runs: [] };
  expect(await store.upkeep.fill(0, 0, [fill])).toEqual(new Set(['AAA']));
  expect(await counts()).toMatchObject({ streamed: 1, absent: 0 });
  await feed.feed('AAA', [bars[4]!]);
  expect(await countedSlots(store)).toEqual(await counts());
});

it('gives the same answer and the same state when a call is sent again because its reply was lost', async () => {
  const twice = new Proxy(server.redis, {
    get: (redis, name) =>
      name !== 'evalsha'
        ? (Reflect.get(redis, name) as unknown)
        : async (...args: Parameters<Redis['evalsha']>) =>
            [await redis.evalsha(...args), await redis.evalsha(...args)][1],
  });
  const resent = new SessionFeed(twice, store.layout);
  await feed.feed('AAA', [bars[0]!]);
  await advanceTo(frontier, bars[9]!.openTime + MINUTE);
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

it('I1 stores nothing for a feeder that saw bars which the store lost, and takes them when they are sent again', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  const setBack = await server.snapshot(store.layout.id);
  await feed.feed('AAA', bars.slice(20, 30));
  expect(feed.storedBars('AAA')).toBe(30);
  await setBack();
  const before = await server.dump(store.layout.id);
  const lost = { symbol: 'AAA', seenBars: 30, storedBars: 20, reachedMs: bars[19]!.openTime + MINUTE - 120_000 };
  await expect(feed.feed('AAA', bars.slice(30, 40))).rejects.toMatchObject(lost);
  await expect(feed.through('AAA', bars[50]!.openTime)).rejects.toThrow(FeedSetBackError);
  await expect(feed.end('AAA')).rejects.toThrow(FeedSetBackError);
  expect(await server.dump(store.layout.id)).toEqual(before);

  const again = new SessionFeed(server.redis, store.layout);
  again.expectStored('AAA', 20);
  expect(await again.feed('AAA', bars.slice(0, 40))).toEqual({ ...none, accepted: 20, duplicates: 20 });
  await again.end('AAA');
  expect(await reached()).toMatchObject({ reached: bars[39]!.openTime + MINUTE - 120_000, ended: true });
  // The first feeder saw fewer bars than the store has now.
  expect(await feed.feed('AAA', bars.slice(0, 40))).toEqual({ ...none, duplicates: 40 });
});

it('I1 notices the loss of bars that did not move the stream, and of the first ones', async () => {
  const empty = await server.snapshot(store.layout.id);
  await feed.feed('AAA', [bars[2]!, bars[0]!]);
  const setBack = await server.snapshot(store.layout.id);
  await feed.feed('AAA', [bars[1]!]);
  await setBack();
  await expect(feed.feed('AAA', [bars[3]!])).rejects.toMatchObject({ seenBars: 3, storedBars: 2 });
  await empty();
  const all = { seenBars: 3, storedBars: 0, reachedMs: store.layout.start };
  await expect(feed.feed('AAA', [bars[3]!])).rejects.toMatchObject(all);
});

it('counts as stored what was accepted, and neither duplicates nor conflicts', async () => {
  await feed.feed('AAA', bars.slice(0, 2));
  await feed.feed('AAA', [bars[0]!, otherBar(bars[1]!), bars[5]!, bars[5]!]);
  expect(feed.storedBars('AAA')).toBe(3);
  await feed.through('BBB', bars[9]!.openTime);
  expect(feed.storedBars('BBB')).toBe(0);
});

it('takes no bars of days that are no longer kept', async () => {
  await feed.feed('AAA', bars);
  await advanceTo(frontier, store.layout.end);
  await retireBefore(store.writer, 1);
  expect(await feed.feed('AAA', [bars[389]!, bars[390]!, bars[5]!])).toEqual({
    ...none,
    duplicates: 1,
    refused: [
      { index: 0, reason: 'retired' },
      { index: 2, reason: 'retired' },
    ],
  });
  expect(await stored()).toBeUndefined();
});

it('I9 writes nothing to a session that was removed, nor to another one of its id', async () => {
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

it('I3 lets only who streams the session move its frontier, from where that stands', async () => {
  await feed.feed('AAA', bars.slice(0, 20));
  const other = feedOf(server.redis, { ...store, writer: store.as({ epoch: 2, owner: 'two' }) });
  await store.as({ epoch: 2, owner: 'two' }).claim();
  await expect(advanceTo(frontier, bars[5]!.openTime)).rejects.toThrow(FencedError);
  await expect(frontier.noteSilent('AAA', 5)).rejects.toThrow(FencedError);
  expect(await advanceTo(other.frontier, bars[5]!.openTime)).toBe(5);
  await server.redis.hset(store.layout.keysOf(0).meta, 'frontier', store.layout.start);
  await expect(advanceTo(other.frontier, bars[9]!.openTime)).rejects.toThrow(RewindError);
});

it('emits once that a stream fell silent, and again at its next silence', async () => {
  for (const heardAt of [7, 7, 9]) await frontier.noteSilent('BBB', heardAt);
  const { events } = store.layout.keysOf(0);
  const said = (await server.redis.xrange(events, '-', '+')).map(([, fields]) => fields);
  const event = ['type', 'stream-silent', 'time', String(store.layout.start), 'symbol', 'BBB'];
  expect(said).toEqual([event, event]);
  expect(await frontier.silences()).toEqual(new Map([['BBB', 9]]));
});

it('wakes the owner of the session when a stream advances, and not for repeated bars', async () => {
  const subscriber = server.redis.duplicate();
  const heard: string[] = [];
  subscriber.on('message', (_, message: string) => heard.push(message));
  await subscriber.subscribe(store.layout.keysOf(0).wake);
  await feed.feed('AAA', [bars[5]!]);
  await feed.feed('AAA', [bars[5]!, bars[1]!]);
  await feed.end('AAA');
  await server.redis.publish(store.layout.keysOf(0).wake, 'last');
  for (let looks = 0; looks < 200 && !heard.includes('last'); looks++) await sleep(10);
  subscriber.disconnect();
  expect(heard).toEqual(['feed', 'feed', 'last']);
});
