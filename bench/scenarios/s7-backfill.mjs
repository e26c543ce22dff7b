/** How long a worker takes to fill a gap, from the job's start until the bars can be read. Limit: SELECT and SETRANGE without checks. */
import { DayChunk, recordOffset } from '@barkeep/bars';
import { Metrics, startTracing } from '@barkeep/observe';
import { removeSession } from '@barkeep/session-data';
import { randomUUID } from 'node:crypto';
/* oxlint-disable no-restricted-imports -- runs the code of a job without a queue; the worker's package exports none of its parts */
import { Backfiller } from '../../apps/upkeep-worker/dist/backfiller.js';
import { Repositories } from '../../apps/upkeep-worker/dist/repositories.js';
import { upkeepFigures } from '../../apps/upkeep-worker/dist/upkeep-figures.js';
import { UpkeepSessions } from '../../apps/upkeep-worker/dist/upkeep-sessions.js';
/* oxlint-enable no-restricted-imports */
import { computed, median, percentile99 } from '../harness/rounds.mjs';
import { openStore, writeDay } from '../harness/store.mjs';

/** Gaps that the worker fills in one sample. As many are filled by hand. */
const REPEATS = 20;
/** The bar in each slot outside the gap. */
const PRESENT_BAR = { open: 1, high: 1, low: 1, close: 1, volume: 1 };
const PREFIX = 'bench';
const SETTINGS = { backoffMs: 1_000, attempts: 5, repositoryTimeoutMs: 30_000 };
const NO_REPOSITORIES = { own: new Map(), observe: () => undefined };

export default {
  id: 'S7',
  title:
    'backfill: a gap of 1, 30 or 390 bars (value: 30), from the start of the job until the bars are readable; limit: one SELECT + one SETRANGE by hand',
  unit: 'ms',
  rounds: 7,
  targets: {
    ratioToLimitMax: 3,
    others: { '1 bar': { ratioToLimitMax: 3 }, '390 bars': { ratioToLimitMax: 3 }, 'p99 of all': { valueMax: 20 } },
  },
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 5 });
    const fillByWorker = await workerFill(bench, market);
    const fillByHand = await handFill(bench, market);
    const allTimes = []; // of the worker, ms
    // An arm for gaps of `bars` bars. It fills gaps in both ways in turn, so that both meet the same load.
    const armFor = (bars) => async () => {
      const [workerTimes, handTimes] = [[], []];
      for (let i = 0; i < REPEATS; i++) {
        workerTimes.push(await fillByWorker(bars));
        handTimes.push(await fillByHand(bars));
      }
      allTimes.push(...workerTimes);
      const [byWorker, byHand] = [median(workerTimes), median(handTimes)];
      return { rate: byWorker, byHand, ratioToLimit: byWorker / byHand };
    };
    const thirty = armFor(30);
    let lastValue; // the last sample of `value`
    return {
      value: async () => (lastValue = await thirty()),
      // The last sample of `value` has measured the limit, too. In the warm-up this arm runs before the first such sample.
      limit: async () => ({ rate: lastValue?.byHand ?? (await thirty()).byHand }),
      others: { '1 bar': armFor(1), '390 bars': armFor(390), 'p99 of all': computed(() => percentile99(allTimes)) },
    };
  },
};

/**
 * Makes a function that fills a gap of `bars` bars by a worker's job, in a new session.
 * @returns ms from the start of the job until the bars can be read; the derivation that follows is another job
 */
async function workerFill({ redis, dataSource }, { dataset, symbols: [symbol], grids: [grid] }) {
  let readableAt;
  // The worker adds the job that derives bars as soon as the filled bars can be read.
  const add = async () => {
    readableAt = performance.now();
  };
  const sessions = new UpkeepSessions(redis, PREFIX);
  const backfiller = new Backfiller({
    sessions,
    repositories: new Repositories(dataSource, NO_REPOSITORIES),
    dataSource,
    redis,
    producer: { add, detectAt: async () => undefined },
    figures: upkeepFigures(new Metrics()),
    tracing: await startTracing('bench', undefined),
    now: Date.now,
    ...SETTINGS,
  });
  return async (bars) => {
    const layout = await openWithGap(redis, { dataset, symbol, grid, bars });
    const { id: sessionId, incarnation } = layout;
    // A worker caches the sessions that it had jobs for, so the session is opened before the measurement.
    await sessions.with({ sessionId, incarnation }, async () => undefined);
    const startedAt = performance.now();
    await backfiller.run({ sessionId, incarnation, partition: 0, date: grid.date, force: false });
    const filled = (await redis.hget(layout.keysOf(0).meta, 'backfilled')) ?? '0';
    if (Number(filled) !== bars) throw new Error(`expected ${bars} bars filled in, was ${filled}`);
    await removeSession(redis, layout);
    return readableAt - startedAt;
  };
}

/** Makes the store of a session of one day whose last `bars` bars are missing. */
async function openWithGap(redis, { dataset, symbol, grid, bars }) {
  const spec = { source: { type: 'dataset', dataset: 'nothing' }, backfill: [dataset] };
  const id = `bench-s7-${randomUUID().slice(0, 8)}`;
  const { layout, writer } = await openStore(redis, id, grid, [symbol], spec);
  const chunk = new DayChunk(grid.slotCount);
  const firstMissing = grid.slotCount - bars;
  for (let slot = 0; slot < firstMissing; slot++) chunk.writeBar(slot, PRESENT_BAR, 'streamed', 0);
  await writeDay(layout, writer, new Map(firstMissing > 0 ? [[symbol, chunk]] : []));
  return layout;
}

/** Makes a function that fills a gap of `bars` bars without any checks. @returns ms for one SELECT and one SETRANGE */
async function handFill({ redis, dataSource }, { datasetId, symbols: [symbol], grids: [grid] }) {
  const { slotCount } = grid;
  const key = `${PREFIX}-by-hand`;
  const [{ id: symbolId }] = await dataSource.query('SELECT id FROM symbols WHERE name = $1', [symbol]);
  return async (bars) => {
    await redis.set(key, Buffer.alloc(recordOffset(slotCount, slotCount)));
    const firstMissing = slotCount - bars;
    const startedAt = performance.now();
    const rows = await dataSource.query(
      'SELECT "time", open, high, low, close, volume FROM bars WHERE dataset_id = $1 AND symbol_id = $2 AND "time" >= $3 AND "time" < $4',
      [datasetId, symbolId, new Date(grid.openTime(firstMissing)), new Date(grid.close)],
    );
    const chunk = new DayChunk(slotCount);
    for (const row of rows) chunk.writeBar(grid.slotAt(row.time.getTime()), row, 'backfilled', 0);
    const offset = recordOffset(slotCount, firstMissing);
    await redis.setrange(key, offset, Buffer.from(chunk.bytes.subarray(offset)));
    const took = performance.now() - startedAt;
    await redis.unlink(key);
    if (rows.length !== bars) throw new Error(`expected ${bars} rows, was ${rows.length}`);
    return took;
  };
}
