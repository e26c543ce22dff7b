/** How fast `GET /v1/sessions/{id}/days` answers a matrix of 500 symbols × 252 days: at the first read, and later, from kept counts. */
import { CELLS, makeWideSession } from '../harness/session.mjs';
import { fillStore, readBitmaps } from '../harness/store.mjs';

/** Symbols in one answer. */
const PAGE = 100;
/** Least symbol-days per second: the whole matrix within 1.5 s at the first read, within 0.15 s after that. */
const [FIRST_READ_MIN, LATER_READ_MIN] = [CELLS / 1.5, CELLS / 0.15];

export default {
  id: 'days',
  title: [
    'matrix of 500 symbols × 252 days, over HTTP in pages of 100 symbols',
    'value: first read, the coordinator has no counts',
    'read before: it has the counts of an earlier read',
    'limit: a program that only reads the bitmaps, pipelined',
    'baseline: a program that reads bitmap and states of every symbol and day, pipelined, without counting',
  ].join('; '),
  unit: 'symbol-days/s',
  rounds: 5,
  targets: { valueMin: FIRST_READ_MIN, ratioToBaseline: 1, others: { 'read before': { valueMin: LATER_READ_MIN } } },
  async prepare(bench) {
    const { redis } = bench;
    const { coordinator, meter, id, layout, remove } = await makeWideSession(bench);
    const filled = await fillStore(redis, layout);
    const matrix = () => meter.sample(CELLS, () => readMatrix(coordinator, id, filled));
    const readDirectly = (options) =>
      meter.sample(CELLS, async () => {
        for (const day of layout.days.keys()) await readBitmaps(redis, layout, day, options);
      });
    let owner = 0;
    return {
      value: async () => {
        // A coordinator keeps counts for the current owner of the session. A new owner makes it read them again.
        for (const { meta } of layout.keys) await redis.hset(meta, 'owner', `bench-${++owner}`);
        return matrix();
      },
      limit: () => readDirectly({ withStates: false }),
      baseline: () => readDirectly({ withStates: true }),
      others: { 'read before': matrix },
      close: remove,
    };
  },
};

/** Reads the whole matrix page by page. @throws unless the pages have `filled` filled slots together */
async function readMatrix(coordinator, id, filled) {
  let streamedBars = 0;
  let after = ''; // the last symbol of the previous page; the answer has null when no page follows
  while (after !== null) {
    const query = `limit=${PAGE}${after && `&after=${after}`}`;
    const { symbols, next } = await coordinator.call('GET', `/v1/sessions/${id}/days?${query}`);
    for (const { counts } of symbols) for (const count of counts.streamed) streamedBars += count;
    after = next;
  }
  if (streamedBars !== filled) throw new Error(`expected ${filled} filled slots, was ${streamedBars}`);
}
