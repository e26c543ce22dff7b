/** Changes behind the clock of a mirror, on a real Redis: backfilled bars, late bars, and symbols that join or leave. */
import { withoutSymbol, withSymbol } from '@barkeep/bars';
import { showJoined, UnknownSymbolError, withMembership } from '@barkeep/session-data';
import { holey, marketBars } from '../support/data/market.js';
import { advanceTo, feedOf } from '../support/programs/feeding.js';
import { updateAllSymbols } from '../support/sessions/changed-symbols.js';
import { deriveDay, fillDay, runTo } from '../support/sessions/follow-store.js';
import {
  expectSame,
  MIRRORED_SPEC as SPEC,
  MirroredServer,
  WHOLE_MARKET,
} from '../support/sessions/mirrored-server.js';
import { FENCE, flushUpTo } from '../support/sessions/session-store.js';

/** Base slots of each day. */
const SLOTS = 390;

const server = new MirroredServer();
afterEach(() => server.closeMirrors());
afterAll(() => server.close());

test('a mirror shows a backfilled bar before its clock at once, and the derived bars after it', async () => {
  const store = await server.begin(server.layout(SPEC));
  const source = holey(WHOLE_MARKET, 0.3, 5);
  const mirror = await server.mirrorOf(store);
  await runTo(store, source, store.layout.grid(1).close);
  await mirror.waitFor(store.layout.grid(1).close);
  const barsBefore = mirror.barCount('BBB');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  const filled = await fillDay(store, 0, 'BBB', WHOLE_MARKET.get('BBB')!);
  await changed;
  expect(filled).toBeGreaterThan(50);
  expect(mirror.barCount('BBB')).toBe(barsBefore + filled);
  await deriveDay(store, 0);
  await mirror.update();
  await expectSame(mirror, store, [1_000]);
});

test('a mirror shows a late bar that a feeder posts for a time before the clock', async () => {
  const spec = { ...SPEC, derivedIntervals: [], source: { type: 'feed' }, backfill: [], upkeep: { enabled: false } };
  const store = await server.begin(server.layout(spec));
  const { layout, writer } = store;
  const { feed, frontier } = feedOf(server.redis, store);
  const { close } = layout.grid(0);
  const late = WHOLE_MARKET.get('CCC')![0]!;
  for (const symbol of layout.symbols) {
    const inTime = WHOLE_MARKET.get(symbol)!.filter((bar) => bar.openTime < close && bar !== late);
    await feed.feed(symbol, inTime);
    await feed.through(symbol, close);
  }
  await advanceTo(frontier, close);
  await writer.moveClock(close);
  const mirror = await server.mirrorOf(store);
  const barsBefore = mirror.barCount('CCC');
  const changed = new Promise<void>((resolve) => mirror.onChange(() => resolve()));
  expect(await feed.feed('CCC', [late])).toMatchObject({ accepted: 1, late: 1 });
  await changed;
  expect(mirror.barCount('CCC')).toBe(barsBefore + 1);
  expect(mirror.lastBars('CCC', barsBefore + 1)[0]).toMatchObject({ openTime: late.openTime });
  expect(mirror.lastBars('CCC', 1_000)).toEqual(await store.reader.lastBars('CCC', undefined, 1_000));
});

test('a mirror shows an added symbol once it is whole, and a removed one no longer', async () => {
  const store = await server.begin(server.layout(SPEC));
  const { layout } = store;
  const clock = layout.grid(0).close;
  const market = marketBars({ ...SPEC, symbols: [...SPEC.symbols, 'XXX'], seed: 8 });
  await runTo(store, market, clock);
  const mirror = await server.mirrorOf(store);

  // The session has XXX, but not yet its bars.
  const members = { symbols: layout.spec.symbols, basePartitions: layout.basePartitions };
  const withXxx = withMembership(layout, withSymbol(layout.id, members, layout.membership, 'XXX'));
  await updateAllSymbols(server.redis, withXxx);
  await mirror.update();
  expect(() => mirror.latestBar('XXX')).toThrow(UnknownSymbolError);

  const storeWithXxx = server.open(withXxx);
  await storeWithXxx.writer.claim();
  await flushUpTo(storeWithXxx, market, clock);
  await showJoined(server.redis, withXxx, FENCE, ['XXX'], clock);
  await mirror.update();
  expect(mirror.lastBars('XXX', 500, '1m')).toEqual(await store.reader.lastBars('XXX', '1m', 500));
  expect(mirror.barCount('XXX')).toBe(SLOTS);

  const membership = withoutSymbol(layout.id, members, withXxx.membership, 'AAA', withXxx.partitionOf('AAA')!);
  await updateAllSymbols(server.redis, withMembership(withXxx, membership));
  await mirror.update();
  expect(() => mirror.latestBar('AAA')).toThrow(UnknownSymbolError);
  expect(mirror.symbols).toEqual(['BBB', 'CCC', 'DDD', 'XXX']);
});
