/** How fast reads are: of a mirror, compared with an array of objects, and of a reader, compared with a PING on the same connection. */
import { Mirror } from '@barkeep/client';
import { openSession, removeSession } from '@barkeep/session-data';
import { timedSample } from '../harness/proc.mjs';
import { gridsOf, marketDay } from '../harness/market.mjs';
import { computed, median, percentage } from '../harness/rounds.mjs';
import { storeDay } from '../harness/store.mjs';

const SYMBOLS = 100;
/** Reads of a mirror or an array in one sample. */
const READS = 2_000_000;
/** Round trips to Redis in one sample, of each kind. */
const TRIPS = 4_000;

export default {
  id: 'mirror',
  title: [
    'million reads per second over 100 symbols × 1 day',
    'value: latest bar of a mirror',
    'limit: latest bar of an array of objects',
    'also: last 20 bars of both; a derived bar and 20 closes of the mirror; latest bar of a reader, compared with a PING',
  ].join('; '),
  unit: 'M reads/s',
  rounds: 5,
  // The targets as times: 50 ns for the latest bar, 300 ns for the last 20 bars, and 2.3 PINGs for a reader's bar. Here they are rates.
  targets: {
    valueMin: 20,
    others: { 'mirror last 20': { valueMin: 1e3 / 300 }, 'reader, % of PING': { valueMin: 100 / 2.3 } },
  },
  async prepare(bench) {
    const { redis } = bench;
    const { layout, arrays } = await storeDayAndArrays(redis);
    const session = await openSession(redis, layout.keysOf(0).prefix, layout.id);
    const mirror = await Mirror.open(redis, session);
    const symbols = [...session.layout.symbols];
    checkSameBars(mirror, arrays, symbols);
    // What the arm PING measured last. The two arms of the reader compute their figures from it, so they follow that arm.
    let trips;
    const measurePings = async () => {
      trips = await medianTrips(redis, session, symbols);
      return { rate: 1 / trips.pingMicros }; // one per microsecond is a million per second
    };
    return {
      value: timed(symbols, (symbol) => mirror.latestBar(symbol).close),
      limit: timed(symbols, (symbol) => arrays.get(symbol).at(-1).close),
      others: {
        'mirror latest 5m': timed(symbols, (symbol) => mirror.latestBar(symbol, '5m').close),
        'mirror last 20': timed(symbols, (symbol) => mirror.lastBars(symbol, 20)[0].close),
        'array last 20': timed(symbols, (symbol) => arrays.get(symbol).slice(-20)[0].close),
        'mirror 20 closes': timed(symbols, (symbol) => mirror.closes(symbol, 20)[0]),
        PING: measurePings,
        'reader latest bar': computed(() => 1 / trips.readMicros),
        'reader, % of PING': percentage(() => trips.pingMicros / trips.readMicros),
      },
      close: async () => {
        mirror.close();
        await removeSession(redis, layout);
      },
    };
  },
};

/** PINGs and reads run in turn, so that both meet the same load. The median ignores outliers of a busy machine. */
async function medianTrips(redis, session, symbols) {
  const [pings, reads] = [[], []];
  for (let i = 0; i < TRIPS; i++) {
    pings.push(await microsOf(() => redis.ping()));
    reads.push(await microsOf(() => session.latestBar(symbols[i % SYMBOLS])));
  }
  return { pingMicros: median(pings), readMicros: median(reads) };
}

async function microsOf(trip) {
  const startedAt = process.hrtime.bigint();
  await trip();
  return Number(process.hrtime.bigint() - startedAt) / 1e3;
}

/** An arm that measures reads, in millions per second. */
function timed(symbols, read) {
  const readAll = () => {
    let sum = 0;
    for (let i = 0, s = 0; i < READS; i++) {
      sum += read(symbols[s]);
      s = s + 1 === SYMBOLS ? 0 : s + 1;
    }
    if (!(sum > 0)) throw new Error(`expected prices, was a sum of ${sum}`);
  };
  return () => timedSample(READS / 1e6, readAll);
}

/** Stores a day of bars, with the clock shortly before its end. @returns also `arrays`: by symbol, the bars up to the clock as objects */
async function storeDayAndArrays(redis) {
  const [grid] = gridsOf(1);
  const market = marketDay(grid, { symbols: SYMBOLS, seed: 4 });
  const id = `bench-mirror-${process.pid}`;
  const { layout, writer } = await storeDay(redis, id, grid, market, { derivedIntervals: ['5m'] });
  const clock = grid.closeTime(grid.slotCount - 3); // two minutes are left, so the last 5m bar is incomplete
  await writer.moveClock(clock);
  const past = ({ openTime }) => openTime < clock;
  return { layout, arrays: new Map([...market].map(([symbol, bars]) => [symbol, bars.filter(past)])) };
}

/** @throws unless the mirror has the closes of the last 20 bars of the arrays */
function checkSameBars(mirror, arrays, symbols) {
  for (const symbol of symbols) {
    const [last, expected] = [mirror.lastBars(symbol, 20), arrays.get(symbol).slice(-20)];
    if (last.length !== 20 || last.some(({ close }, i) => close !== expected[i].close)) {
      throw new Error('expected the mirror to show the bars of the array');
    }
  }
}
