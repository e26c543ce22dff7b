/** Growth in symbols, days and sessions: time per bar and memory stay the same, and sessions over the same days share reads. */
import { setTimeout as delay } from 'node:timers/promises';
import { withPeakMb } from '../harness/proc.mjs';
import { computed } from '../harness/rounds.mjs';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';

const SMALLEST = { symbols: 50, days: 20 };
const LARGEST = { symbols: 800, days: 20 };
/** Sessions of 200 symbols differ in days: with fewer symbols, starting and ending would dominate the shortest one. */
const LONGEST = { symbols: 200, days: 60 };
const SIZES_BETWEEN = [
  ...[100, 200, 400].map((symbols) => ({ symbols, days: LARGEST.days })),
  { symbols: LONGEST.symbols, days: 5 },
  LONGEST,
];
/** The size of the sessions that run at once over the same bars. */
const SHARED = { symbols: 100, days: 20 };
/** How many of them run at once. */
const COUNTS = [2, 4, 8];
/**
 * The first symbol and day of these sessions, by how many run at once. Each count has other bars: a coordinator keeps windows
 * for a while after it has read them, so arms over the same bars would share reads.
 */
const SHARED_FROM = {
  1: { symbols: 0, days: 0 },
  2: { symbols: 100, days: 0 },
  4: { symbols: 0, days: 20 },
  8: { symbols: 100, days: 20 },
};
/** After this time without use, a coordinator has evicted the windows that it kept for other sessions. */
const KEPT_MAX_MS = 20_000;
/** Sessions that run before the measurement: a new process compiles its code, which would dominate the smallest sessions. */
const WARM_UPS = 10;
/** The time per bar must be within ± 25 % of that of the smallest session. The rate is the inverse of this time. */
const WITHIN = { ratioToLimit: 1 / 1.25, ratioToLimitMax: 1 / 0.75 };
const MEMORY = 'coordinator memory, largest / smallest';

/** An object with an entry for each item. */
const byName = (items, nameOf, valueOf) => Object.fromEntries(items.map((item) => [nameOf(item), valueOf(item)]));
const sizeArm = ({ symbols, days }) => `${symbols} symbols × ${days} days`;
const cpuArm = (count) => `${count} sessions at once, CPU of one more`;
const timeArm = (count) => `${count} sessions at once, time of one more`;

export default {
  id: 'S10',
  title:
    'growth: value 800 symbols × 20 days; limit: 50 symbols × 20 days, before and after every other arm; other arms: other sizes, and what one more session over the same days costs, as a share of the CPU or time of the first',
  unit: 'bars/s',
  rounds: 5,
  targets: {
    ...WITHIN,
    others: {
      ...byName(SIZES_BETWEEN, sizeArm, () => WITHIN),
      ...byName(COUNTS, cpuArm, () => ({ valueMax: 0.5 })),
      [MEMORY]: { valueMax: 1.25 },
    },
  },
  async prepare(bench) {
    const manySymbols = await bench.market(LARGEST);
    const manyDays = await bench.market(LONGEST);
    const system = await bench.system();
    const sizes = sizeRuns(bench, system, (size) => partOf(size.days === LARGEST.days ? manySymbols : manyDays, size));
    for (let i = 0; i < WARM_UPS; i++) await sizes.smallest();
    return {
      limit: async () => {
        await sizes.smallest(); // so that the clean-up after the last round does not count in the next session
        return sizes.smallest();
      },
      value: () => sizes.compared(LARGEST),
      others: {
        ...byName(SIZES_BETWEEN, sizeArm, (size) => () => sizes.compared(size)),
        ...sharedArms(bench, system, manyDays),
        [MEMORY]: computed(sizes.memoryGrowth, 'times'),
      },
    };
  },
};

/** A part of a market without holes, in the form of a market. @param from its first symbol and day */
function partOf(market, { symbols, days }, from = { symbols: 0, days: 0 }) {
  const grids = market.grids.slice(from.days, from.days + days);
  return {
    ...market,
    symbols: market.symbols.slice(from.symbols, from.symbols + symbols),
    grids,
    start: grids[0].date,
    end: grids.at(-1).date,
    bars: symbols * days * grids[0].slotCount,
  };
}

/** Runs sessions of different sizes on one coordinator, each between two of the smallest, to cancel out changes of the machine's speed. */
function sizeRuns(bench, system, marketOf) {
  const peaksMb = new Map(); // of the coordinator's memory in the last session of each size, by the size's name
  let smallestRate; // of the last smallest session
  const run = async (size) => {
    await system.meter.settled();
    const work = () => runSession(bench, system, marketOf(size), NO_UPKEEP);
    const { result, peakMb } = await withPeakMb(system.coordinator.pid, work);
    peaksMb.set(sizeArm(size), peakMb);
    return result;
  };
  const smallest = async () => {
    const sample = await run(SMALLEST);
    smallestRate = sample.rate;
    return sample;
  };
  return {
    smallest,
    /** Runs a session, and then the smallest one. @returns a sample of the first, compared with the smallest ones before and after it */
    async compared(size) {
      const before = smallestRate;
      const sample = await run(size);
      const { rate: after } = await smallest();
      const smallestTimePerBar = (1 / before + 1 / after) / 2;
      return { ...sample, ratioToLimit: smallestTimePerBar * sample.rate };
    },
    /** The largest peak of memory in multiples of the smallest one. */
    memoryGrowth: () => Math.max(...peaksMb.values()) / Math.min(...peaksMb.values()),
  };
}

/** Arms that run sessions over the same days at once, and measure what each one after the first costs, as a share of the first. */
function sharedArms(bench, system, manyDays) {
  const costs = new Map(); // of the last sessions, by how many ran at once
  const measure = async (count) => {
    costs.set(count, await costOf(bench, system, partOf(manyDays, SHARED, SHARED_FROM[count]), count));
  };
  const oneMore = (count, field) => {
    const single = costs.get(1)[field];
    return (costs.get(count)[field] - single) / (count - 1) / single;
  };
  const cpuOfOneMore = async (count) => {
    // The first of these arms in a round measures the single session for all of them.
    if (count === COUNTS[0]) {
      await delay(KEPT_MAX_MS); // no session shares a read of the round before
      await measure(1);
    }
    await measure(count);
    return { unit: 'of the first', rate: oneMore(count, 'cpuSeconds') };
  };
  return {
    ...byName(COUNTS, cpuArm, (count) => () => cpuOfOneMore(count)),
    ...byName(COUNTS, timeArm, (count) => computed(() => oneMore(count, 'seconds'), 'of the first')),
  };
}

/** Runs `count` sessions that start together. @returns the seconds until all have completed, and their CPU seconds in all processes */
async function costOf(bench, system, market, count) {
  await system.meter.settled();
  const onCreated = meetingOf(count, () => system.meter.reset());
  const runs = Array.from({ length: count }, () => runSession(bench, system, market, NO_UPKEEP, { onCreated }));
  const samples = await Promise.all(runs);
  // Each session read the meter at its own end, so the last reading covers all of them.
  const cpuSeconds = samples.map(({ cpu: { postgres, redis, coordinator } }) => postgres + redis + coordinator);
  return { seconds: Math.max(...samples.map(({ seconds }) => seconds)), cpuSeconds: Math.max(...cpuSeconds) };
}

/** A function that lets `count` callers wait for each other: the last one to call it runs `act`, then all of them continue. */
function meetingOf(count, act) {
  let waitedFor = count;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  return () => {
    if (--waitedFor === 0) {
      act();
      release();
    }
    return released;
  };
}
