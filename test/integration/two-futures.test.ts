/**
 * I2: two stores whose bars differ only after the clock look the same to a strategy, in every call of the reader, every
 * event and every metric. An operator sees that they differ, which shows that the strategy's view makes them equal.
 */
import { hasBit, NO_TRADE } from '@barkeep/bars';
import { openSession, SessionEvents, type View } from '@barkeep/session-data';
import { Mirror } from '../../libs/client/src/mirror/index.js';
import { marketBars, type BarsBySymbol } from '../support/data/market.js';
import { deriveAll, partsOf, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const SLOTS = 390;
/** State of a slot after one request. */
const ABSENT = 1;
/** The market before the clock. */
const past = marketBars({ ...SMALL_SPEC, seed: 21 });

/**
 * What happens after the clock. Of the market with this seed one bar of every `holeEvery` is missing. With failures a repository
 * fails, a day times out, and the watermark is at another place.
 */
const ONE_FUTURE = { seed: 100, holeEvery: 5, refusedRows: 1, hasFailures: false };
const OTHER_FUTURE = { seed: 103, holeEvery: 8, refusedRows: 4, hasFailures: true };
type Future = typeof ONE_FUTURE;

/** Everything that a view can read, except the wall time of events and the id. */
async function everythingSeen({ layout }: TestStore, view: View) {
  const session = await openSession(server.redis, server.prefix, layout.id, { view });
  const bySymbol = await Promise.all(
    layout.symbols.map(async (symbol) => ({
      metrics: await session.metrics(symbol),
      gaps: await session.gaps(symbol),
      count: await session.barCount(symbol),
      bars: await Promise.all(
        ['1m', '5m', '15m'].map((interval) => session.barsBetween(symbol, interval, layout.start, layout.end)),
      ),
      filled: await session.lastBars(symbol, '5m', 30, { fill: 'forward' }),
      latest: await session.latestBar(symbol),
    })),
  );
  const mirror = await Mirror.open(server.redis, session);
  const mirrored = layout.symbols.map((symbol) => [mirror.lastBars(symbol, 800), mirror.barQuality(symbol)]);
  mirror.close();
  const { events } = await new SessionEvents(server.redis, session, view).read();
  return {
    position: await session.position(),
    digest: await session.digest(),
    certificate: await session.certificate(),
    bySymbol,
    mirrored,
    events: events.map(({ event }) => ({ ...event, at: 0 })),
  };
}

/** The market up to the clock, with holes that are the same before every future, and then that of the future. */
function marketOf(clock: number, { seed, holeEvery }: Future): BarsBySymbol {
  const future = marketBars({ ...SMALL_SPEC, seed });
  return new Map(
    SMALL_SPEC.symbols.map((symbol) => [
      symbol,
      [
        ...past.get(symbol)!.filter(({ openTime }, i) => openTime < clock && i % 17 !== 3),
        ...future.get(symbol)!.filter(({ openTime }, i) => openTime >= clock && i % holeEvery !== 0),
      ],
    ]),
  );
}

/** Finds the holes of a day, and settles them: of the empty slots every second is absent, the others are no-trade. */
async function settleHoles({ layout, upkeep }: TestStore, day: number): Promise<void> {
  const symbolDays = await upkeep.readDay(0, day, layout.symbols);
  await upkeep.events.gapsFound(0, day, SLOTS, symbolDays);
  const fills = symbolDays.map(({ symbol, bitmap, states }) => {
    const after = Uint8Array.from({ length: SLOTS }, (_, slot) => {
      if (hasBit(bitmap, slot)) return 0;
      return slot % 2 === 1 ? ABSENT : NO_TRADE;
    });
    return { symbol, before: states, after, dueAt: undefined, runs: [] };
  });
  await upkeep.fill(0, day, fills);
}

/** A session whose clock is at the end of the first `slot` slots of a day, and which is stored to its end. */
async function storeAt(barrier: string, day: number, slot: number, future: Future): Promise<TestStore> {
  const layout = server.layout({ ...SMALL_SPEC, upkeep: barrier === 'off' ? { enabled: false } : { barrier } });
  const clock = layout.grid(day).closeTime(slot - 1);
  const market = marketOf(clock, future);
  const store = await server.begin(layout);
  const { upkeep, writer } = store;
  for (const window of layout.windowsFrom(0)) {
    const refused = new Map([['AAA off-grid', window.to > clock ? future.refusedRows : 2]]);
    for (const part of partsOf(layout, window, market)) await writer.flush(window, { ...part, refused });
    await settleHoles(store, window.dayIndex);
  }
  await deriveAll(store);
  let watermark = layout.grid(day).close;
  if (future.hasFailures) {
    await upkeep.noteError(0, layout.day(day).date, ['AAA'], 'the future is away');
    await writer.markTimedOut(1, 1_000);
    // Without barriers a slot after the clock may hold the watermark back. With them it may be anywhere after the clock.
    watermark = barrier === 'day' ? layout.end : layout.windowEndBefore(clock);
  }
  if (watermark > layout.start) await upkeep.moveWatermark(0, layout.start, watermark);
  await writer.moveClock(clock);
  return store;
}

test.each([
  ['day', 0, 1],
  ['day', 0, 203],
  ['day', 0, 388],
  ['day', 1, 5],
  ['none', 0, 203],
  ['none', 1, 5],
  ['off', 0, 203],
])(
  'I2 two sessions with barrier %s that are equal before day %d, slot %d, and have their clocks there, look the same to a strategy',
  async (barrier, day, slot) => {
    const [one, other] = [
      await storeAt(barrier, day, slot, ONE_FUTURE),
      await storeAt(barrier, day, slot, OTHER_FUTURE),
    ];
    expect(await everythingSeen(other, 'strategy')).toEqual(await everythingSeen(one, 'strategy'));
    // The stores differ: an operator sees it, and so would a strategy whose view did not end at the clock.
    const [first, second] = [await everythingSeen(one, 'operator'), await everythingSeen(other, 'operator')];
    for (const key of ['position', 'digest', 'events'] as const) expect(first[key]).not.toEqual(second[key]);
  },
);
