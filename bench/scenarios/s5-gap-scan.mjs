/** How fast a day's gaps are found from bitmaps in Redis, compared with only reading these, and with reading bars from sorted sets. */
import { emptyRuns, MINUTE_MS } from '@barkeep/bars';
import { removeSession, UpkeepStore } from '@barkeep/session-data';
import { pureSample, timedSample } from '../harness/proc.mjs';
import { gridsOf, marketDay } from '../harness/market.mjs';
import { readBitmaps, storeDay } from '../harness/store.mjs';

const SYMBOLS = 500;
const HOLES = 0.02;
/** Repeats within one sample, so that it is long enough to be timed. The slow baseline needs no repeats. */
const REPEATS = 20;
/** Repeats of the detection alone, which is faster because it does not read from Redis. */
const PURE_REPEATS = 200;

export default {
  id: 'S5',
  title: [
    'gap scan: 500 symbols, one day, 2 % holes, from Redis',
    'limit: only reading the bitmaps',
    'baseline: reading all bars from sorted sets',
  ].join('; '),
  unit: 'symbol-days/s',
  rounds: 7,
  targets: { ratioToLimit: 0.5, ratioToBaseline: 20, others: { 'pure detection': { valueMin: 200_000 } } },
  async prepare(bench) {
    const { redis } = bench;
    const [grid] = gridsOf(1);
    const { layout, sets, expectedBitmaps } = await fillStoreAndSets(redis, grid);
    const store = new UpkeepStore(redis, layout);
    const countGaps = (bitmaps) =>
      bitmaps.reduce((sum, bitmap) => sum + emptyRuns(bitmap, 0, grid.slotCount).length, 0);
    const gaps = countGaps(expectedBitmaps);
    const workerBitmaps = await readAsWorker(layout, store);
    return {
      value: timed({ repeats: REPEATS, expectedGaps: gaps }, async () => countGaps(await readAsWorker(layout, store))),
      limit: timed({ repeats: REPEATS }, () => readBitmaps(redis, layout, 0)),
      // Detection alone, from bits to gaps, without Redis.
      others: { 'pure detection': async () => pureSample(SYMBOLS, PURE_REPEATS, () => countGaps(workerBitmaps)) },
      baseline: timed({ repeats: 1, expectedGaps: gaps }, () => scanSets(redis, sets, grid)),
      close: async () => {
        await removeSession(redis, layout);
        await redis.unlink(...sets);
      },
    };
  },
};

/** An arm, which runs `scan` over all symbols `repeats` times. @throws unless it finds `expectedGaps` gaps, if that is given */
function timed({ repeats, expectedGaps }, scan) {
  return async () => {
    let found;
    const sample = await timedSample(SYMBOLS * repeats, async () => {
      for (let i = 0; i < repeats; i++) found = await scan();
    });
    const isWrong = expectedGaps !== undefined && found !== expectedGaps;
    if (isWrong) throw new Error(`expected ${expectedGaps} gaps, was ${found}`);
    return sample;
  };
}

/** Writes the same day into a session store, and into a sorted set for each symbol. @returns also the bitmaps that it wrote */
async function fillStoreAndSets(redis, grid) {
  const market = marketDay(grid, { symbols: SYMBOLS, seed: 5, holes: HOLES });
  const { layout, chunks } = await storeDay(redis, 'bench-s5', grid, market);
  const sets = [];
  for (const [symbol, bars] of market) {
    const set = `bench-scan:${symbol}`;
    sets.push(set);
    await redis.zadd(set, ...bars.flatMap((bar) => [bar.openTime, JSON.stringify(bar)]));
  }
  return { layout, sets, expectedBitmaps: [...chunks.values()].map(({ bitmap }) => bitmap) };
}

/** The bitmaps of the day, as a worker reads them. */
async function readAsWorker(layout, store) {
  const reads = layout.keys.map((_, partition) => store.readDay(partition, 0, layout.symbolsOf(partition)));
  return (await Promise.all(reads)).flat().map(({ bitmap }) => bitmap);
}

/** Reads all bars of the day and compares the times of neighbouring bars. @returns the number of gaps */
async function scanSets(redis, sets, grid) {
  const pipeline = redis.pipeline();
  for (const set of sets) pipeline.zrangebyscore(set, grid.open, `(${grid.close}`);
  let gaps = 0;
  for (const [error, members] of await pipeline.exec()) {
    if (error) throw error;
    let expectedTime = grid.open;
    for (const member of members) {
      const { openTime } = JSON.parse(member);
      if (openTime > expectedTime) gaps++;
      expectedTime = openTime + MINUTE_MS;
    }
    if (expectedTime < grid.close) gaps++;
  }
  return gaps;
}
