/**
 * How fast `GET /v1/sessions/{id}/days` answers all pages of a matrix of 500 symbols × 252 days, at the first reading
 * and when the coordinator has the counts from an earlier one.
 */
import { bitmapBytes } from '@barkeep/bars';
import { SessionReader } from '@barkeep/session-data';
import { CELLS, fillStore, makeWideSession } from '../harness/wide-session.mjs';

const PAGE = 100;
/** The targets in symbol-days a second: the whole matrix in 1.5 s at the first reading, and in 0.15 s later. */
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
    const id = await makeWideSession(bench, system.coordinator);
    const { layout } = await new SessionReader(redis, 'bench-days').open(id);
    const filled = await fillStore(redis, layout);
    const { meter } = system;
    const matrix = () => timed(meter, () => readMatrix(system.coordinator, id, filled));
    let owner = 0;
    return {
      value: async () => {
        // A coordinator keeps counts for the current owner of the session. A new owner makes it read them again.
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
