/**
 * Symbols that are added to a store and removed from it, on a real Redis: what readers see, which writes are refused,
 * and what remains.
 *
 * A change runs these scripts of libs/session-data/src/symbols/lua, in this order: it begins the partition of each new symbol, switches to
 * the new list of symbols, stamps the partitions of the symbols that leave (they then refuse writers with the old list), drops the data of
 * these symbols, and clears its note of them.
 *
 * The names of the tests begin with the invariants that they hold (the end of docs/ARCHITECTURE.md has all): the same data give the same
 * store (I1), nothing after the clock is shown (I2), no key of what was removed comes back (I9), each row is in one count (I10), and no
 * session stands still after an outage (I11).
 */
import { noCounts, UNCHANGED } from '@barkeep/bars';
import {
  FencedError,
  noteOutside,
  outsideTo,
  readSymbols,
  removeSession,
  SessionLostError,
  showJoined,
  UnknownSymbolError,
  updateSymbols,
  type SessionLayout,
} from '@barkeep/session-data';
import { marketBars } from '../support/data/market.js';
import { changeStoreTo, layoutWith, layoutWithout, updateAllSymbols } from '../support/sessions/changed-symbols.js';
import { failingAfter, interruptedAfter } from '../support/sessions/faulty-connections.js';
import {
  ABSENT_ONCE,
  deriveAll,
  derivedOf,
  FENCE,
  FIRST_DAY,
  flushUpTo,
  PARTITION,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
const market = marketBars({ ...SMALL_SPEC, symbols: ['AAA', 'BBB', 'CCC', 'XXX'], seed: 5 });
afterAll(() => server.close());

/** A store that is streamed and derived to its end, with its clock there. Its reader was opened before any change of symbols. */
async function fullStore(symbols = SMALL_SPEC.symbols): Promise<TestStore> {
  const store = await server.begin(server.layout({ ...SMALL_SPEC, symbols }));
  await flushUpTo(store, market, store.layout.end);
  await deriveAll(store);
  await store.writer.moveClock(store.layout.end);
  return store;
}

/** The stored keys whose names contain a symbol. */
const keysWith = async (symbol: string, { layout }: TestStore) =>
  (await server.keys(layout.id)).filter((key) => key.includes(symbol));

/** Counts of the rows of a symbol on a date: of nine rows two are outside and one is extended. */
const outsideDay = (symbol: string, date: string) => ({
  symbol,
  date,
  rows: 9,
  outside: 2,
  extended: 1,
  first: Date.parse(`${date}T04:00Z`),
  until: Date.parse(`${date}T23:00Z`),
});

test('I10 counts of rows outside are stored once, and are requested again when the symbols of a partition change', async () => {
  const store = await fullStore();
  const { layout, writer, reader } = store;
  const days = [outsideDay('AAA', '2013-10-07'), outsideDay('BBB', '2013-10-07'), outsideDay('AAA', '2013-10-08')];
  const note = { partition: PARTITION, to: '2013-10-09', isFirst: true, days };
  // The only partition, without a counted date.
  expect(await outsideTo(server.redis, layout)).toEqual([undefined]);
  await noteOutside(writer, note);
  // The second call for the same days changes nothing.
  await noteOutside(writer, { ...note, isFirst: false });
  expect(await outsideTo(server.redis, layout)).toEqual(['2013-10-09']); // counted up to this date, exclusive
  expect(await reader.outsideRows('operator')).toMatchObject({ outside: 6, extended: 3 });
  expect((await reader.metrics('AAA', 'operator', '2013-10-07')).outside).toBe(2);
  expect((await reader.metrics('AAA', 'operator')).outside).toBe(4);
  await expect(noteOutside(store.as({ epoch: 0, owner: 'old' }), note)).rejects.toThrow(FencedError);

  const withoutBbb = layoutWithout('BBB', layout);
  await updateAllSymbols(server.redis, withoutBbb);
  expect(await outsideTo(server.redis, withoutBbb)).toEqual([undefined]); // to be counted again
  expect(await reader.outsideRows('operator')).toMatchObject({ outside: 4, extended: 2 });
});

test('I9 a removed symbol leaves nothing, and a client with the old list of symbols writes nothing', async () => {
  const store = await fullStore();
  const { layout, upkeep, writer, reader } = store;
  const note = { partition: PARTITION, to: '2013-10-08', isFirst: true, days: [outsideDay('BBB', '2013-10-07')] };
  await noteOutside(writer, note);
  const derived = await derivedOf(store, PARTITION, FIRST_DAY, SLOTS);
  const withoutBbb = layoutWithout('BBB', layout);
  expect(await updateAllSymbols(server.redis, withoutBbb)).toEqual(['BBB']);
  expect(await updateAllSymbols(server.redis, withoutBbb)).toBeUndefined();
  expect(await keysWith('BBB', store)).toEqual([]);
  expect(await server.redis.hkeys(layout.keysOf(PARTITION).outside)).toEqual(['counted']);

  // Late writes of a worker that has the old list: the first three are refused, and the note of an error is dropped.
  const dump = await server.dump(layout.id);
  await expect(upkeep.writeDerived(PARTITION, FIRST_DAY, SLOTS, derived)).rejects.toThrow(SessionLostError);
  const after = new Uint8Array(SLOTS).fill(ABSENT_ONCE);
  const fill = { symbol: 'BBB', before: undefined, after, dueAt: 1, runs: [] };
  await expect(upkeep.fill(PARTITION, FIRST_DAY, [fill])).rejects.toThrow(SessionLostError);
  await expect(upkeep.moveWatermark(PARTITION, layout.start, layout.end)).rejects.toThrow(SessionLostError);
  await upkeep.noteError(PARTITION, '2013-10-07', ['BBB'], 'late');
  expect(await server.dump(layout.id)).toEqual(dump);
  // The clock of a stream with the old list moves, and the answer tells the stream to read the list again.
  expect(await writer.moveClock(layout.end)).toBe('reload');

  await expect(reader.lastBars('BBB', '1m', 1)).rejects.toThrow(UnknownSymbolError);
  expect(reader.activeSymbols()).toEqual(['AAA', 'CCC']);
  // Two symbols with two days each.
  const slots = 2 * 2 * SLOTS;
  expect((await reader.position()).counts).toMatchObject({ expected: slots, streamed: slots });
  const neverHadBbb = await fullStore(['AAA', 'CCC']);
  expect(await reader.digest()).toEqual(await neverHadBbb.reader.digest());
});

test('I1 I2 readers see an added symbol once it is whole up to the clock, and the session then equals one that always had it', async () => {
  const { layout, reader } = await fullStore();
  const withXxx = await changeStoreTo(server, layoutWith('XXX', layout));
  await expect(reader.latestBar('XXX')).rejects.toThrow('is joining');
  const { frontier, watermark, counts } = await reader.position();
  expect({ frontier, watermark }).toEqual({ frontier: layout.end, watermark: layout.start });
  expect(counts.expected).toBe(3 * 2 * SLOTS);
  /** Asks to show XXX, as an owner with the list of symbols of `known` does. @returns whether XXX shows */
  const show = (known: SessionLayout, wholeTo: number) => showJoined(server.redis, known, FENCE, ['XXX'], wholeTo);
  // XXX does not show while it is whole only up to a time before the clock, nor for an owner with the old list.
  expect(await show(withXxx.layout, layout.end - 1)).toBe(false);
  expect(await show(layout, layout.end)).toBe(false);

  await flushUpTo(withXxx, market, layout.end);
  await deriveAll(withXxx);
  expect(await show(withXxx.layout, layout.end)).toBe(true);
  expect(await reader.barCount('XXX')).toBe(2 * SLOTS);
  expect((await reader.position()).counts.expected).toBe(4 * 2 * SLOTS);
  const alwaysHadXxx = await fullStore(['AAA', 'BBB', 'CCC', 'XXX']);
  expect(await reader.digest()).toEqual(await alwaysHadXxx.reader.digest());
  await removeSession(server.redis, withXxx.layout);
  expect(await server.keys(layout.id)).toEqual([]);
  expect(layout.membership).toBe(UNCHANGED); // no call changed the layout of before
});

describe('a symbol that leaves and joins again gets the partition that it had, as after a crash between two changes', () => {
  let former: TestStore;
  let partition: number;
  /** The layout after both changes. */
  let target: SessionLayout;
  /** Keys of the partition that do not belong to one day: counts of refused rows, and what was or will be emitted. */
  let shared: string[];
  /** Emits the quality of the first day of XXX. @returns the number of changes that the partition has emitted so far */
  const emitQuality = async ({ upkeep, layout }: TestStore) => {
    const closes = { dayIndex: FIRST_DAY, counts: noCounts() };
    await upkeep.moveWatermark(partition, layout.start, layout.grid(FIRST_DAY).close, closes);
    return server.redis.xlen(layout.keysOf(partition).changes);
  };

  beforeEach(async () => {
    const { layout: base } = await fullStore();
    former = await changeStoreTo(server, layoutWith('XXX', base));
    const { layout, upkeep } = former;
    await flushUpTo(former, market, layout.end);
    target = layoutWith('XXX', layoutWithout('XXX', layout));
    partition = layout.partitionOf('XXX')!;
    const keys = layout.keysOf(partition);
    shared = [keys.refused, keys.refusedAhead, keys.repositoryRefused, keys.emitted, keys.pending];
    await upkeep.fill(partition, FIRST_DAY, [], [{ symbol: 'XXX', reason: 'bad-price', total: 2 }]);
    await emitQuality(former);
    // Written last, because `emitQuality` also publishes what the clock has passed.
    await server.redis.hset(keys.refusedAhead, `${layout.end} XXX bad-price`, 1);
    await server.redis.zadd(keys.pending, layout.end, '1-0 derived 2013-10-08 {"XXX":[1,1]}');
    expect(await server.redis.exists(shared)).toBe(shared.length);
  });

  test('I9 it finds the partition empty, at the start of the session', async () => {
    expect(target.partitionOf('XXX')).toBe(partition);
    expect(await updateAllSymbols(server.redis, target)).toEqual(['XXX']);
    expect(await keysWith('XXX', former)).toEqual([]);
    expect(await server.redis.exists(shared)).toBe(0);
    const [position] = (await server.open(target).upkeep.positions()).slice(partition);
    expect(position).toEqual({ frontier: target.start, watermark: target.start, retainedFrom: 0 });
  });

  test('I9 late writes for the former symbol are refused', async () => {
    await updateAllSymbols(server.redis, target);
    const [window] = former.windows;
    const part = { partition, chunks: new Map(), bars: 0, refused: new Map() };
    await expect(former.writer.flush(window!, part)).rejects.toThrow(SessionLostError);
  });

  test('the quality of a day is emitted again, although it is that of the former symbol', async () => {
    const changes = await server.redis.xlen(former.layout.keysOf(partition).changes);
    const latter = await changeStoreTo(server, target);
    await flushUpTo(latter, market, target.end);
    expect(await emitQuality(latter)).toBe(changes + 1);
  });
});

test('I9 the next call finishes a removal that was interrupted', async () => {
  const store = await fullStore();
  const withoutAaa = layoutWithout('AAA', store.layout);
  const { redis } = server;
  // The process dies after it has changed the list of symbols, which takes two scripts: later scripts fail.
  const dying = failingAfter(redis, 2);
  await expect(updateAllSymbols(dying, withoutAaa)).rejects.toThrow('cut short');
  expect((await readSymbols(redis, withoutAaa)).leaving).not.toBe('');
  expect(await updateAllSymbols(redis, withoutAaa)).toEqual(['AAA']);
  expect((await readSymbols(redis, withoutAaa)).leaving).toBe('');
  expect(await keysWith('AAA', store)).toEqual([]);
});

test('I9 a removal that ends after a later change leaves the leavers of that change to be removed', async () => {
  const { layout } = await fullStore();
  const withoutAaa = layoutWithout('AAA', layout);
  const withoutBoth = layoutWithout('BBB', withoutAaa);
  const { redis } = server;
  const removal = await updateSymbols(redis, withoutAaa);
  // Another process finishes the removal of AAA with three scripts, stores that BBB leaves with a fourth one, and dies.
  await expect(updateAllSymbols(failingAfter(redis, 4), withoutBoth)).rejects.toThrow('cut short');
  await removal!.finish();
  expect((await readSymbols(redis, withoutBoth)).leaving).toContain('BBB');
  expect(await updateAllSymbols(redis, withoutBoth)).toEqual(['BBB']);
});

test('I1 a join that was interrupted before its switch keeps what was streamed meanwhile', async () => {
  const { layout } = await fullStore();
  const withXxx = layoutWith('XXX', layout);
  // The process dies after its first script, which begins the partition of XXX. A stream with the new list finds all partitions.
  await expect(updateAllSymbols(failingAfter(server.redis, 1), withXxx)).rejects.toThrow('cut short');
  const store = server.open(withXxx);
  await store.writer.claim();
  await flushUpTo(store, market, layout.end);
  await updateAllSymbols(server.redis, withXxx);
  const { frontier } = (await store.upkeep.positions())[withXxx.partitionOf('XXX')!]!;
  expect(frontier).toBe(layout.end);
});

test.each<[change: string, changed: (layout: SessionLayout) => SessionLayout]>([
  ['AAA leaves', (layout) => layoutWithout('AAA', layout)],
  ['YYY joins', (layout) => layoutWith('YYY', layout)],
  ['YYY takes the partition of XXX', (layout) => layoutWith('YYY', layoutWithout('XXX', layout))],
])(
  'I1 I11 a store that is set back before any script of a change gets the whole change: %s',
  async (_change, changed) => {
    /** A store of AAA, BBB, CCC and XXX, which joined. */
    const begin = async () => {
      const store = await changeStoreTo(server, layoutWith('XXX', (await fullStore()).layout));
      await flushUpTo(store, market, store.layout.end);
      return store.layout;
    };
    /** The content of a store, without its identity. */
    const contentOf = async ({ id, incarnation }: SessionLayout) =>
      JSON.stringify([...(await server.dump(id))])
        .replaceAll(id, 'id')
        .replaceAll(incarnation, 'incarnation');
    const undisturbed = await begin();
    await updateAllSymbols(server.redis, changed(undisturbed));
    let isSetBack = true;
    for (let scripts = 0; isSetBack; scripts++) {
      const layout = await begin();
      const restore = await server.snapshot(layout.id);
      isSetBack = false;
      const setBack = () => {
        isSetBack = true;
        return restore();
      };
      await updateAllSymbols(interruptedAfter(server.redis, scripts, setBack), changed(layout));
      // The reconciler repeats the change when the store does not have it.
      await updateAllSymbols(server.redis, changed(layout));
      expect(await contentOf(layout)).toBe(await contentOf(undisturbed));
    }
  },
);

test('I9 a change of symbols leaves nothing of a session that is removed before any of its scripts', async () => {
  let isRemoved = true;
  for (let scripts = 0; isRemoved; scripts++) {
    const { layout } = await fullStore();
    const target = layoutWith('YYY', layoutWithout('AAA', layout));
    isRemoved = false;
    const remove = async () => {
      isRemoved = true;
      await removeSession(server.redis, target);
    };
    await updateAllSymbols(interruptedAfter(server.redis, scripts, remove), target).catch((error: unknown) =>
      expect(error).toBeInstanceOf(SessionLostError),
    );
    if (isRemoved) expect([scripts, await server.keys(layout.id)]).toEqual([scripts, []]);
  }
});

test('a change of symbols fails for a session without a store, and creates none', async () => {
  const layout = server.layout();
  await expect(updateAllSymbols(server.redis, layoutWith('XXX', layout))).rejects.toThrow(SessionLostError);
  expect(await server.keys(layout.id)).toEqual([]);
});
