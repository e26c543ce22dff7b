/** How fast bars are derived, without any I/O: 78, 26, 13, 7 and 1 bars from a day of 390 minutes. */
import { aggregateCascade, parseInterval, planCascade, planDerived } from '@barkeep/bars';
import { pureSample } from '../harness/proc.mjs';
import { barsOf, gridsOf, seeded } from '../harness/market.mjs';
import { chunkOf } from '../harness/store.mjs';

const INTERVALS = ['5m', '15m', '30m', '1h', '1d'];
const DAYS = 200;
const REPEATS = 20;

export default {
  id: 'S6',
  title: [
    'aggregation, without I/O: 390 → 78, 26, 13, 7, 1 bars',
    'limit: one pass over the same typed array (sum)',
    'baseline: array-of-objects reduce',
  ].join('; '),
  unit: 'days/s',
  rounds: 7,
  // The target of 390 → 78 is 15 µs per day, which is 66,667 days per second.
  targets: { ratioToBaseline: 10, others: { '390 → 78': { valueMin: 1e6 / 15 } } },
  prepare() {
    const [grid] = gridsOf(1);
    const random = seeded(6);
    const days = Array.from({ length: DAYS }, () => barsOf(grid, random, 0.02));
    const chunks = days.map((bars) => chunkOf(grid, bars));
    const plans = INTERVALS.map((interval) => planDerived(grid, parseInterval(interval)));
    const groupings = INTERVALS.map((interval) => ({ ms: parseInterval(interval).ms, open: grid.open }));
    const [allIntervals, only5m] = [planCascade(plans), planCascade(plans.slice(0, 1))];
    // Like the worker, all arms reuse the same output chunks.
    const into = aggregateCascade(chunks[0], allIntervals);
    checkSameBars(into, days[0], plans, groupings);
    return {
      value: timed(() => chunks.forEach((chunk) => aggregateCascade(chunk, allIntervals, chunk.slotCount, into))),
      limit: timed(() => chunks.forEach((chunk) => plans.forEach(() => addSum(chunk.doubles)))),
      others: {
        '390 → 78': timed(() => chunks.forEach((chunk) => aggregateCascade(chunk, only5m, chunk.slotCount, into))),
      },
      baseline: timed(() => days.forEach((bars) => groupings.forEach((grouping) => reduceObjects(bars, grouping)))),
    };
  },
};

function timed(work) {
  return async () => pureSample(DAYS, REPEATS, work);
}

/** Takes the sums, so that the compiler cannot drop their computation. */
let total = 0;
function addSum(doubles) {
  let sum = 0;
  for (let i = 0; i < doubles.length; i++) sum += doubles[i];
  total += sum;
}

/** Groups the bars by buckets of `ms` from `open`, then reduces each group to one object. */
function reduceObjects(bars, { ms, open }) {
  const groups = new Map();
  for (const bar of bars) {
    const bucket = Math.floor((bar.openTime - open) / ms);
    const group = groups.get(bucket);
    if (group) group.push(bar);
    else groups.set(bucket, [bar]);
  }
  return [...groups].map(([bucket, group]) => {
    const openTime = open + bucket * ms;
    const empty = { openTime, open: group[0].open, high: -Infinity, low: Infinity, close: 0, volume: 0, count: 0 };
    const add = (merged, bar) => ({
      openTime: merged.openTime,
      open: merged.open,
      high: Math.max(merged.high, bar.high),
      low: Math.min(merged.low, bar.low),
      close: bar.close,
      volume: merged.volume + bar.volume,
      count: merged.count + 1,
    });
    return group.reduce(add, empty);
  });
}

/** @throws unless `value` and `baseline` derive the same bars */
function checkSameBars(derived, bars, plans, groupings) {
  plans.forEach((plan, i) => {
    const found = derived[i].bars(plan.grid);
    const expected = reduceObjects(bars, groupings[i]);
    const isSame = found.every((bar, n) =>
      ['openTime', 'open', 'high', 'low', 'close', 'volume'].every((field) => bar[field] === expected[n][field]),
    );
    if (found.length !== expected.length || !isSame) throw new Error('expected both arms to derive the same bars');
  });
}
