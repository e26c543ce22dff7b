/**
 * How fast `GET /v1/sessions/{id}/days` answers all pages of a matrix of 500 symbols × 252 days, at the first reading
 * and when the coordinator has the counts from an earlier one.
 */
import { CELLS, makeWideSession } from '../harness/session.mjs';
import { fillStore, readBitmaps } from '../harness/store.mjs';

const PAGE = 100;
/** The targets in symbol-days a second: the whole matrix in 1.5 s at the first reading, and in 0.15 s later. */
const [FIRST_READ_MIN, LATER_READ_MIN] = [CELLS / 1.5, CELLS / 0.15];

export default {
  id: 'days',
  title:
    'matrix of 500 symbols × 252 days, in pages of 100 symbols, over HTTP: value: the coordinator has no counts yet; limit: it reads only the bitmaps, by pipelines; baseline: it reads a bitmap and states for each symbol and day, by pipelines, and counts nothing; also: the coordinator has the counts of an earlier reading (read before)',
  unit: 'symbol-days/s',
  rounds: 5,
  targets: { valueMin: FIRST_READ_MIN, ratioToBaseline: 1, others: { 'read before': { valueMin: LATER_READ_MIN } } },
  async prepare(bench) {
    const { redis } = bench;
    const { coordinator, meter, id, layout, remove } = await makeWideSession(bench);
    const filled = await fillStore(redis, layout);
    const matrix = () => meter.sample(CELLS, () => readMatrix(coordinator, id, filled));
    const cells = (withStates) => () => meter.sample(CELLS, () => readCells(redis, layout, withStates));
    let owner = 0;
    return {
      value: async () => {
        // A coordinator keeps counts for the current owner of the session. A new owner makes it read them again.
        for (const { meta } of layout.keys) await redis.hset(meta, 'owner', `bench-${++owner}`);
        return matrix();
      },
      limit: cells(false),
      baseline: cells(true),
      others: { 'read before': matrix },
      close: remove,
    };
  },
};

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

async function readCells(redis, layout, withStates) {
  for (const day of layout.days.keys()) await readBitmaps(redis, layout, day, withStates);
}
