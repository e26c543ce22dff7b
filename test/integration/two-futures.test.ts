/**
 * I2: two stores whose bars differ only after the clock look the same to a strategy, in every call of the reader, every
 * event and every metric. An operator sees that they differ, which shows that the strategy's view makes them equal.
 */
import { DayChunk, NO_TRADE } from '@barkeep/bars';
import { openSession, SessionEvents, type View } from '@barkeep/session-data';
import { Mirror } from '../../libs/client/src/mirror/index.js';
import { marketBars } from '../support/data/market.js';
import { deriveAll, partsOf, SMALL_SPEC, StoreServer, type TestStore } from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

const SLOTS = 390;
/** State of a slot after one request. */
const ABSENT = 1;
const whole = marketBars({ ...SMALL_SPEC, seed: 21 });

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

/**
 * A session whose clock is at the end of the first `slot` slots of a day. Its bars, holes, refusals and failures after the clock
 * depend on `variant`.
 */
async function storeAt(barrier: string, dayIndex: number, slot: number, variant: number): Promise<TestStore> {
  const layout = server.layout({ ...SMALL_SPEC, upkeep: barrier === 'off' ? { enabled: false } : { barrier } });
  const clock = layout.grid(dayIndex).closeTime(slot - 1);
  const other = marketBars({ ...SMALL_SPEC, seed: 100 + variant });
  const bars = new Map(
    [...whole].map(([symbol, past]) => {
      // Holes before the clock are equal in all variants.
      const before = past.filter(({ openTime }, i) => openTime < clock && i % 17 !== 3);
      const after = other.get(symbol)!.filter(({ openTime }, i) => openTime >= clock && i % (5 + variant) !== 0);
      return [symbol, [...before, ...after]];
    }),
  );
  const store = await server.begin(layout);
  const { upkeep, writer } = store;
  for (const window of layout.windowsFrom(0)) {
    for (const part of partsOf(layout, window, bars)) {
      const isAhead = window.to > clock;
      await writer.flush(window, { ...part, refused: new Map([['AAA off-grid', isAhead ? variant + 1 : 2]]) });
    }
    const days = await upkeep.readDay(0, window.dayIndex, layout.symbols);
    await upkeep.events.gapsFound(0, window.dayIndex, SLOTS, days);
    const fills = days.map(({ symbol, bitmap, states }) => {
      // Of the empty slots every second is absent, the others are no-trade.
      const chunk = new DayChunk(SLOTS);
      chunk.bitmap.set(bitmap);
      const after = new Uint8Array(SLOTS);
      for (let at = 0; at < SLOTS; at++) if (!chunk.has(at)) after[at] = at % 2 === 1 ? ABSENT : NO_TRADE;
      return { symbol, before: states, after, dueAt: undefined, runs: [] };
    });
    await upkeep.fill(0, window.dayIndex, fills);
  }
  await deriveAll(store);
  if (variant > 0) await upkeep.noteError(0, layout.day(dayIndex).date, ['AAA'], 'the future is away');
  if (variant > 0) await writer.markTimedOut(1, 1_000);
  let watermark = layout.grid(dayIndex).close;
  // Without barriers a slot after the clock may hold the watermark back. With them it may be anywhere after the clock.
  if (variant > 0) watermark = barrier === 'day' ? layout.end : layout.windowEndBefore(clock);
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
    const [one, two] = [await storeAt(barrier, day, slot, 0), await storeAt(barrier, day, slot, 3)];
    expect(await everythingSeen(two, 'strategy')).toEqual(await everythingSeen(one, 'strategy'));
    // The stores differ: an operator sees it, and so would a strategy whose view did not end at the clock.
    const [first, second] = [await everythingSeen(one, 'operator'), await everythingSeen(two, 'operator')];
    for (const key of ['position', 'digest', 'events'] as const) expect(first[key]).not.toEqual(second[key]);
  },
);
