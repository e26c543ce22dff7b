/** The matrix of 500 symbols × 252 days: all pages of `GET /v1/sessions/{id}/days`, when nothing is known and when it was read before. */
import { BarImporter } from '@barkeep/bar-repository';
import { bitmapBytes } from '@barkeep/bars';
import { SessionReader } from '@barkeep/session-data';
import { expectFilled, waitForCompletion } from '../harness/session.mjs';
import { seeded, symbolNames } from '../harness/market.mjs';

const SYMBOLS = 500;
const PAGE = 100;
const DATES = { start: '2024-01-02', end: '2024-12-31' };
/** Days with gaps: their states are read too. */
const WITH_STATES = 0.3;
const HOLES = 0.02;
/** Symbol-days a second that the two times of the whole matrix are: 1.5 s and 0.15 s. */
const CELLS = SYMBOLS * 252;
const [UNKNOWN_MIN, KNOWN_MIN] = [CELLS / 1.5, CELLS / 0.15];

export default {
  id: 'days',
  title:
    'matrix of 500 symbols × 252 days, in pages of 100 symbols, over HTTP: value nothing is known; limit: the bitmaps alone, read by pipelines, without states; baseline: a bitmap and states for each symbol and day, read by pipelines and not counted; also: read before',
  unit: 'symbol-days/s',
  rounds: 5,
  targets: { valueMin: UNKNOWN_MIN, ratioToBaseline: 1, others: { 'read before': { valueMin: KNOWN_MIN } } },
  async prepare(bench) {
    const redis = await bench.redis();
    const system = await bench.system({ env: { BARKEEP_SESSION_PREFIX: 'bench-days' } });
    const id = await makeSession(bench, system.coordinator);
    const { layout } = await new SessionReader(redis, 'bench-days').open(id);
    const filled = await fillStore(redis, layout);
    const { meter } = system;
    const matrix = () => timed(meter, () => readMatrix(system.coordinator, id, filled));
    let owner = 0;
    return {
      value: async () => {
        // Counts are kept for one owner of the session: with another one they are read again.
        for (const { meta } of layout.keys) await redis.hset(meta, 'owner', `bench-${++owner}`);
        return matrix();
      },
      limit: () => timed(meter, () => readCells(redis, layout, false)),
      baseline: () => timed(meter, () => readCells(redis, layout, true)),
      others: { 'read before': matrix },
      close: async () => {
        await system.coordinator.call('DELETE', `/v1/sessions/${id}`);
        await system.stop();
      },
    };
  },
};

async function timed(meter, run) {
  meter.reset();
  const startedAt = performance.now();
  await run();
  return { rate: CELLS / ((performance.now() - startedAt) / 1000), cpu: meter.seconds() };
}

/** A completed session with one bar for each symbol and day. */
async function makeSession(bench, coordinator) {
  const dataSource = await bench.dataSource();
  const importer = await BarImporter.open(dataSource, 'bench-days');
  const symbols = symbolNames(SYMBOLS);
  const bar = { open: 10, high: 10, low: 10, close: 10, volume: 1 };
  const days = [];
  for (let day = Date.parse(DATES.start); day <= Date.parse(DATES.end); day += 86_400_000) days.push(day);
  for (const symbol of symbols) {
    // 15:00 UTC is within the hours of every trading day.
    await importer.write(
      symbol,
      days.map((day) => ({ ...bar, openTime: day + 15 * 3_600_000 })),
    );
  }
  await importer.finish();
  const source = { type: 'dataset', dataset: 'bench-days' };
  const spec = { ...DATES, symbols, source, derivedIntervals: [], upkeep: { enabled: false }, retentionHours: 0 };
  const { id } = await coordinator.call('POST', '/v1/sessions?start=true', spec);
  await waitForCompletion(dataSource, id);
  expectFilled(await coordinator.call('GET', `/v1/sessions/${id}`), CELLS);
  return id;
}

/** Gives every day the bitmap of a day with few holes, and some days states. @returns the filled slots */
async function fillStore(redis, layout) {
  const random = seeded(1);
  let filled = 0;
  for (const [day, { date }] of layout.days.entries()) {
    const { slotCount } = layout.grid(day);
    for (const [partition, keys] of layout.keys.entries()) {
      const pipeline = redis.pipeline();
      for (const symbol of layout.symbolsOf(partition)) {
        const bitmap = Buffer.alloc(bitmapBytes(slotCount));
        const states = random() < WITH_STATES ? Buffer.alloc(slotCount) : undefined;
        for (let slot = 0; slot < slotCount; slot++) {
          if (states && random() < HOLES) states[slot] = 1;
          else {
            bitmap[slot >> 3] |= 0x80 >> (slot & 7);
            filled++;
          }
        }
        pipeline.setrange(keys.chunk('1m', symbol, date), 0, bitmap);
        if (states) pipeline.set(keys.states(symbol, date), states);
      }
      await pipeline.exec();
    }
  }
  return filled;
}

async function readMatrix(coordinator, id, filled) {
  let found = 0;
  for (let after = ''; after !== null;) {
    const query = `limit=${PAGE}${after && `&after=${after}`}`;
    const { symbols, next } = await coordinator.call('GET', `/v1/sessions/${id}/days?${query}`);
    for (const { counts } of symbols) for (const count of counts.streamed) found += count;
    after = next;
  }
  if (found !== filled) throw new Error(`expected ${filled} filled slots, was ${found}`);
}

/** One GETRANGE for each symbol and day, and a GET with `states`. */
async function readCells(redis, layout, states) {
  for (const [day, { date }] of layout.days.entries()) {
    const last = bitmapBytes(layout.grid(day).slotCount) - 1;
    await Promise.all(
      layout.keys.map((keys, partition) => {
        const pipeline = redis.pipeline();
        for (const symbol of layout.symbolsOf(partition)) {
          pipeline.getrangeBuffer(keys.chunk('1m', symbol, date), 0, last);
          if (states) pipeline.getBuffer(keys.states(symbol, date));
        }
        return pipeline.exec();
      }),
    );
  }
}
