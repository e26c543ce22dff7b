/**
 * Two stores whose bars differ only after the clock look the same to a strategy, in every call of the reader, every event and every
 * metric. An operator sees that they differ.
 * I2: an invariant at the end of docs/ARCHITECTURE.md.
 */
import { hasBit, NO_TRADE } from '@barkeep/bars';
import { emitGapsFound, openSession, SessionEvents, type OpenSession, type View } from '@barkeep/session-data';
import { Mirror } from '../../libs/client/src/mirror/index.js';
import { marketBars, type BarsBySymbol } from '../support/data/market.js';
import {
  ABSENT_ONCE,
  deriveAll,
  PARTITION,
  partsOf,
  SLOTS,
  SMALL_SPEC,
  StoreServer,
  type TestStore,
} from '../support/sessions/session-store.js';

const server = new StoreServer();
afterAll(() => server.close());

/** The market before the clock; {@link marketOf} takes some bars out of it. */
const past = marketBars({ ...SMALL_SPEC, seed: 21 });

/** What happens after the clock. */
interface Future {
  /** Seed of the market. */
  seed: number;
  /** One of so many bars is missing. */
  holeEvery: number;
  refusedRows: number;
  /** Whether a repository fails, a day times out, and the watermark is at another place. */
  hasFailures: boolean;
}
const ONE_FUTURE: Future = { seed: 100, holeEvery: 5, refusedRows: 1, hasFailures: false };
const OTHER_FUTURE: Future = { seed: 103, holeEvery: 8, refusedRows: 4, hasFailures: true };

/** Everything that a view can read, except the session's id and the wall time of events. */
async function everythingSeen({ layout }: TestStore, view: View) {
  const session = await openSession(server.redis, server.prefix, layout.id, { view });
  const mirror = await Mirror.open(server.redis, session);
  const mirrored = layout.symbols.map((symbol) => [mirror.lastBars(symbol, 800), mirror.barQuality(symbol)]);
  mirror.close();
  const { events } = await new SessionEvents(server.redis, session, view).read();
  return {
    position: await session.position(),
    digest: await session.digest(),
    certificate: await session.certificate(),
    bySymbol: await Promise.all(layout.symbols.map((symbol) => symbolSeen(session, symbol))),
    mirrored,
    events: events.map(({ event }) => ({ ...event, at: 0 })), // `at` is the wall time
  };
}

/** Everything that can be read of one symbol. */
async function symbolSeen(session: OpenSession, symbol: string) {
  const { start, end } = session.layout;
  const barsOf = (interval: string) => session.barsBetween(symbol, interval, start, end);
  return {
    metrics: await session.metrics(symbol),
    gaps: await session.gaps(symbol),
    count: await session.barCount(symbol),
    bars: [await barsOf('1m'), await barsOf('5m'), await barsOf('15m')],
    filled: await session.lastBars(symbol, '5m', 30, { fill: 'forward' }),
    latest: await session.latestBar(symbol),
  };
}

/** The past up to the clock, with the same holes for every future, and then the market of the future. */
function marketOf(clock: number, { seed, holeEvery }: Future): BarsBySymbol {
  const future = marketBars({ ...SMALL_SPEC, seed });
  const market: BarsBySymbol = new Map();
  for (const symbol of SMALL_SPEC.symbols) {
    const isHoleOfPast = (i: number) => i % 17 === 3;
    const before = past.get(symbol)!.filter(({ openTime }, i) => openTime < clock && !isHoleOfPast(i));
    const after = future.get(symbol)!.filter(({ openTime }, i) => openTime >= clock && i % holeEvery !== 0);
    market.set(symbol, [...before, ...after]);
  }
  return market;
}

/** Finds the holes of a day, and settles them: an empty slot with an odd index is absent, one with an even index is no-trade. */
async function settleHoles({ layout, upkeep }: TestStore, day: number): Promise<void> {
  const symbolDays = await upkeep.readDay(PARTITION, day, layout.symbols);
  await emitGapsFound(upkeep, { partition: PARTITION, day, closed: SLOTS }, symbolDays);
  const fills = symbolDays.map(({ symbol, bitmap, states }) => {
    const after = Uint8Array.from({ length: SLOTS }, (_, slot) => {
      if (hasBit(bitmap, slot)) return 0;
      return slot % 2 === 1 ? ABSENT_ONCE : NO_TRADE;
    });
    return { symbol, before: states, after, dueAt: undefined, runs: [] };
  });
  await upkeep.fill(PARTITION, day, fills);
}

type Barrier = 'day' | 'none' | 'no upkeep';

/** A store that is streamed to its end, with its clock at the end of the first `closedSlots` slots of a day. */
async function storeAt(barrier: Barrier, day: number, closedSlots: number, future: Future): Promise<TestStore> {
  const layout = server.layout({ ...SMALL_SPEC, upkeep: barrier === 'no upkeep' ? { enabled: false } : { barrier } });
  const clock = layout.grid(day).closeTime(closedSlots - 1);
  const market = marketOf(clock, future);
  const store = await server.begin(layout);
  const { upkeep, writer } = store;
  for (const window of store.windows) {
    const refusedRows = window.to > clock ? future.refusedRows : 2; // the past has the same number in every future
    const refused = new Map([['AAA off-grid', refusedRows]]);
    for (const part of partsOf(layout, window, market)) await writer.flush(window, { ...part, refused });
    await settleHoles(store, window.dayIndex);
  }
  await deriveAll(store);
  let watermark = layout.grid(day).close;
  if (future.hasFailures) {
    await upkeep.noteError(PARTITION, layout.day(day).date, ['AAA'], 'the future is away');
    await writer.markTimedOut(1, 1_000);
    // With barriers the watermark may be anywhere after the clock. Without them a slot after the clock may hold it back.
    watermark = barrier === 'day' ? layout.end : layout.windowEndBefore(clock);
  }
  if (watermark > layout.start) await upkeep.moveWatermark(PARTITION, layout.start, watermark);
  await writer.moveClock(clock);
  return store;
}

// The clock is at the end of the first `closedSlots` slots of day `day`: 203 and 5 end within derived bars, 388 just before the day closes.
test.each<[barrier: Barrier, day: number, closedSlots: number]>([
  ['day', 0, 1],
  ['day', 0, 203],
  ['day', 0, 388],
  ['day', 1, 5],
  ['none', 0, 203],
  ['none', 1, 5],
  ['no upkeep', 0, 203],
])(
  'I2 barrier %s: two sessions that are equal up to the clock, at day %d, slot %d, look the same to a strategy',
  async (barrier, day, closedSlots) => {
    const one = await storeAt(barrier, day, closedSlots, ONE_FUTURE);
    const other = await storeAt(barrier, day, closedSlots, OTHER_FUTURE);
    expect(await everythingSeen(other, 'strategy')).toEqual(await everythingSeen(one, 'strategy'));
    // The stores do differ: an operator sees it. A strategy would see it too if its view did not end at the clock.
    const [byOne, byOther] = [await everythingSeen(one, 'operator'), await everythingSeen(other, 'operator')];
    for (const key of ['position', 'digest', 'events'] as const) expect(byOne[key]).not.toEqual(byOther[key]);
  },
);
