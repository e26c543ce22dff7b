/**
 * How fast the gaps of a day are found from the bitmaps in Redis, as a worker reads them; compared with only reading
 * the bitmaps, and with reading all bars.
 */
import { emptyRuns } from '@barkeep/bars';
import { removeSession, UpkeepStore } from '@barkeep/session-data';
import { cpuSeconds } from '../harness/cpu.mjs';
import { barsOf, gridsOf, seeded, symbolNames } from '../harness/market.mjs';
import { chunkOf, openStore } from '../harness/store.mjs';

const SYMBOLS = 500;
const HOLES = 0.02;
/** Repeats within one sample, so that it is long enough to be timed. The slow baseline needs no repeats. */
const REPEATS = 20;

export default {
  id: 'S5',
  title:
    'gap scan: 500 symbols, one day, 2 % holes, from Redis; limit: reading the bitmaps alone; baseline: reading all bars of sorted sets',
  unit: 'symbol-days/s',
  rounds: 7,
  targets: { ratioToLimit: 0.5, ratioToBaseline: 20, others: { 'pure detection': { valueMin: 200_000 } } },
  async prepare(bench) {
    const redis = await bench.redis();
    const [grid] = gridsOf(1);
    const { layout, sets, holes } = await fill(redis, grid);
    const store = new UpkeepStore(redis, layout);
    const bitmaps = (await readDays(layout, store)).map(({ bitmap }) => bitmap);
    const gapsIn = (all) => all.reduce((sum, bitmap) => sum + emptyRuns(bitmap, 0, grid.slotCount).length, 0);
    return {
      value: timed(REPEATS, holes, async () => gapsIn((await readDays(layout, store)).map(({ bitmap }) => bitmap))),
      limit: timed(REPEATS, undefined, () => readBitmaps(redis, layout)),
      others: { 'pure detection': () => pureDetection(() => gapsIn(bitmaps)) },
      baseline: timed(1, holes, () => scanSets(redis, sets, grid)),
      close: async () => {
        await removeSession(redis, layout);
        await redis.unlink(...sets);
      },
    };
  },
};

/** An arm that scans all symbols and must find `expected` gaps. */
function timed(repeats, expected, scan) {
  return async () => {
    const startedAt = performance.now();
    let found;
    for (let i = 0; i < repeats; i++) found = await scan();
    const seconds = (performance.now() - startedAt) / 1000;
    if (expected !== undefined && found !== expected) throw new Error(`expected ${expected} gaps, was ${found}`);
    return { rate: (SYMBOLS * repeats) / seconds };
  };
}

/** Detection alone, from bits to gaps, without Redis, in CPU time. */
function pureDetection(scan) {
  const repeats = REPEATS * 10;
  const seconds = cpuSeconds(() => {
    for (let i = 0; i < repeats; i++) scan();
  });
  return { rate: (SYMBOLS * repeats) / seconds };
}

/** Writes the day into a session store, and into sorted sets of JSON. */
async function fill(redis, grid) {
  const symbols = symbolNames(SYMBOLS);
  const { layout, writer } = await openStore(redis, 'bench-s5', grid, symbols);
  const random = seeded(5);
  const chunks = new Map();
  const sets = [];
  let holes = 0;
  for (const symbol of symbols) {
    const bars = barsOf(grid, random, HOLES);
    const chunk = chunkOf(grid, bars);
    chunks.set(symbol, chunk);
    holes += emptyRuns(chunk.bitmap, 0, grid.slotCount).length;
    sets.push(`bench-scan:${symbol}`);
    await redis.zadd(sets.at(-1), ...bars.flatMap((bar) => [bar.openTime, JSON.stringify(bar)]));
  }
  const [window] = layout.windowsFrom(layout.start);
  for (const partition of layout.keys.keys()) {
    const own = new Map(layout.symbolsOf(partition).map((symbol) => [symbol, chunks.get(symbol)]));
    await writer.flush(window, { partition, chunks: own, bars: 0, refused: new Map() });
  }
  return { layout, sets, holes };
}

async function readDays(layout, store) {
  const days = await Promise.all(
    layout.keys.map((_, partition) => store.readDay(partition, 0, layout.symbolsOf(partition))),
  );
  return days.flat();
}

async function readBitmaps(redis, layout) {
  const { slotCount, date } = layout.grid(0);
  const last = Math.ceil(slotCount / 64) * 8 - 1;
  await Promise.all(
    layout.keys.map((keys, partition) => {
      const pipeline = redis.pipeline();
      for (const symbol of layout.symbolsOf(partition))
        pipeline.getrangeBuffer(keys.chunk('1m', symbol, date), 0, last);
      return pipeline.exec();
    }),
  );
}

/** Reads all bars of the day and compares the times of neighbouring bars. */
async function scanSets(redis, sets, grid) {
  const pipeline = redis.pipeline();
  for (const set of sets) pipeline.zrangebyscore(set, grid.open, `(${grid.close}`);
  let gaps = 0;
  for (const [error, members] of await pipeline.exec()) {
    if (error) throw error;
    let next = grid.open;
    for (const member of members) {
      const { openTime } = JSON.parse(member);
      if (openTime > next) gaps++;
      next = openTime + 60_000;
    }
    if (next < grid.close) gaps++;
  }
  return gaps;
}
