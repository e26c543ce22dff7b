/**
 * Growth: more symbols, more days, more sessions at once. The time per bar and the coordinator's memory must stay the
 * same, and sessions over the same days must share reads.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { computed } from '../harness/rounds.mjs';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';

const SYMBOLS = [50, 100, 200, 400, 800];
const DAYS = [5, 60];
/** Symbols of the sessions that differ in days: enough that starting and ending do not dominate even the shortest one. */
const DAY_SYMBOLS = 200;
/** Symbols of the sessions that run at the same time. */
const SHARED_SYMBOLS = 100;
/** Days of the sessions that differ in symbols, and of those that run at the same time. */
const SYMBOL_DAYS = 20;
const SESSIONS = [2, 4, 8];
/** Sessions that run before the measurement. */
const WARM_UPS = 10;
/** The time per bar must be within ± 25 % of that of the smallest session. The rate is the inverse of this time. */
const WITHIN = { ratioToLimit: 1 / 1.25, ratioToLimitMax: 1 / 0.75 };

const symbolsArm = (symbols) => `${symbols} symbols × ${SYMBOL_DAYS} days`;
const daysArm = (days) => `${DAY_SYMBOLS} symbols × ${days} days`;
const cpuArm = (count) => `${count} sessions at once, CPU of one more`;
const timeArm = (count) => `${count} sessions at once, time of one more`;

export default {
  id: 'S10',
  title:
    'growth: value 800 symbols × 20 days; limit: 50 symbols × 20 days, run before and after each other arm, which is compared with both; also sizes in between, 5 and 60 days, and 2 to 8 sessions over the same days (CPU seconds of all processes, and wall time, of one more session as a share of the first)',
  unit: 'bars/s',
  rounds: 5,
  targets: {
    ...WITHIN,
    others: {
      ...Object.fromEntries(SYMBOLS.slice(1, -1).map((symbols) => [symbolsArm(symbols), WITHIN])),
      ...Object.fromEntries(DAYS.map((days) => [daysArm(days), WITHIN])),
      ...Object.fromEntries(SESSIONS.map((count) => [cpuArm(count), { valueMax: 0.5 }])),
      'coordinator memory, largest / smallest': { valueMax: 1.25 },
    },
  },
  async prepare(bench) {
    const manySymbols = await bench.market({ symbols: SYMBOLS.at(-1), days: SYMBOL_DAYS });
    const manyDays = await bench.market({ symbols: DAY_SYMBOLS, days: DAYS.at(-1) });
    const system = await bench.system();
    const { pid } = system.coordinator;
    const peaks = new Map();
    const run = async (name, market) => {
      await system.meter.settled();
      resetPeak(pid);
      const sample = await runSession(bench, system, market, NO_UPKEEP);
      peaks.set(name, peakMb(pid));
      return sample;
    };
    const symbolsOf = (count) => partOf(manySymbols, count, SYMBOL_DAYS);
    const daysOf = (count) => partOf(manyDays, DAY_SYMBOLS, count);
    const smallest = () => run('smallest', symbolsOf(SYMBOLS[0]));
    // A process that has just started still compiles its code, which would dominate the smallest sessions.
    for (let i = 0; i < WARM_UPS; i++) await smallest();
    // A shared machine changes its speed within seconds. Running the smallest session before and after each other session
    // cancels that out.
    let before = await smallest();
    const arm = (name, market) => async () => {
      const sample = await run(name, market);
      const after = await smallest();
      const ratioToLimit = ((1 / before.rate + 1 / after.rate) / 2) * sample.rate;
      before = after;
      return { ...sample, ratioToLimit };
    };
    const shared = partOf(manyDays, SHARED_SYMBOLS, SYMBOL_DAYS);
    // The figures of a single session, with which several sessions of the same round are compared.
    let single;
    const times = new Map();
    const together = (count) => async () => {
      // The first of these arms in a round measures the single session for all of them.
      if (count === SESSIONS[0]) single = await runTogether(bench, system, shared, 1);
      const several = await runTogether(bench, system, shared, count);
      const oneMore = (field) => (several[field] - single[field]) / (count - 1) / single[field];
      times.set(count, oneMore('seconds'));
      return { unit: 'of the first', rate: oneMore('cpuSeconds') };
    };
    const timeOf = (count) => computed(() => times.get(count), 'of the first');
    return {
      limit: async () => {
        await smallest(); // so that the clean-up after the last round does not count in this one
        before = await smallest();
        return before;
      },
      value: arm('largest', symbolsOf(SYMBOLS.at(-1))),
      others: {
        ...Object.fromEntries(
          SYMBOLS.slice(1, -1).map((count) => [symbolsArm(count), arm(symbolsArm(count), symbolsOf(count))]),
        ),
        ...Object.fromEntries(DAYS.map((count) => [daysArm(count), arm(daysArm(count), daysOf(count))])),
        ...Object.fromEntries(SESSIONS.map((count) => [cpuArm(count), together(count)])),
        ...Object.fromEntries(SESSIONS.map((count) => [timeArm(count), timeOf(count)])),
        'coordinator memory, largest / smallest': computed(
          () => Math.max(...peaks.values()) / Math.min(...peaks.values()),
          'times',
        ),
      },
    };
  },
};

/** The part of a market without holes that has its first symbols and days, in the form of a market. */
function partOf({ symbols, grids, ...market }, symbolCount, days) {
  const bars = symbolCount * days * grids[0].slotCount;
  return { ...market, symbols: symbols.slice(0, symbolCount), end: grids[days - 1].date, bars };
}

/**
 * Creates all sessions first, then starts them together. @returns the time until all have completed, and the CPU
 * seconds
 */
async function runTogether(bench, system, market, count) {
  await system.meter.settled();
  let toCreate = count;
  let start;
  const allCreated = new Promise((resolve) => (start = resolve));
  const created = () => {
    if (--toCreate === 0) {
      system.meter.reset();
      start();
    }
    return allCreated;
  };
  const runs = Array.from({ length: count }, () => runSession(bench, system, market, NO_UPKEEP, { created }));
  const samples = await Promise.all(runs);
  // Each session read the meter at its own end, so the last reading covers all of them.
  return { seconds: Math.max(...samples.map(({ seconds }) => seconds)), cpuSeconds: Math.max(...samples.map(cpuOf)) };
}

/** CPU seconds of all measured processes. */
function cpuOf({ cpu: { postgres, redis, coordinator } }) {
  return postgres + redis + coordinator;
}

/** Resets the peak of a process's memory, which {@link peakMb} reads. */
function resetPeak(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5'); // 5 resets VmHWM, see proc(5)
  } catch {
    // Works only on Linux and for our own processes. Elsewhere the peak is that of the whole run.
  }
}

/** The peak of a process's memory in MB; NaN without /proc. */
function peakMb(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}
