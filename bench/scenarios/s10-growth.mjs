/**
 * Growth in symbols, days and sessions: CPU time per bar and memory stay the same, and sessions over the same days share reads.
 *
 * CPU time, not the rate: on a shared machine the rates of equal sessions differ by more than the targets allow. Starting and ending a
 * session takes a fifth of the CPU time of the smallest one, so larger sessions need less per bar.
 */
import { partOf } from '../harness/market.mjs';
import { withPeakMb } from '../harness/proc.mjs';
import { computed } from '../harness/rounds.mjs';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';
import { sharedArms, sharedTargets, systemCpu } from './s10-shared.mjs';

const SMALLEST = { symbols: 50, days: 20 };
const LARGEST = { symbols: 800, days: 20 };
/** Sessions of 200 symbols differ in days: with fewer symbols, starting and ending would dominate the shortest one. */
const LONGEST = { symbols: 200, days: 60 };
const OTHER_SIZES = [
  { symbols: 100, days: 20 },
  { symbols: 200, days: 20 },
  { symbols: 400, days: 20 },
  { symbols: 200, days: 5 },
  LONGEST,
];
/** Sessions that run before the measurement: a new process compiles its code, which would dominate the smallest sessions. */
const WARM_UPS = 10;
/** The CPU time per bar must be 0.75 to 1.25 times that of the smallest session. The ratios here are its inverse: bars per CPU second. */
const WITHIN = { ratioToLimit: 1 / 1.25, ratioToLimitMax: 1 / 0.75 };
const MEMORY = 'coordinator memory, largest / smallest';

const nameOf = ({ symbols, days }) => `${symbols} symbols × ${days} days`;
const forOtherSizes = (valueOf) => Object.fromEntries(OTHER_SIZES.map((size) => [nameOf(size), valueOf(size)]));

export default {
  id: 'S10',
  title: [
    'growth: a session of 800 symbols × 20 days',
    'limit: 50 symbols × 20 days, before and after every other arm; "of limit" compares bars per CPU second of PostgreSQL, Redis and the coordinator',
    'other arms: sessions of other sizes',
    '"of one more": the cost of each session after the first, when several over the same bars run at once and share reads, as a share of the first',
  ].join('; '),
  unit: 'bars/s',
  rounds: 5,
  targets: { ...WITHIN, others: { ...forOtherSizes(() => WITHIN), ...sharedTargets, [MEMORY]: { valueMax: 1.25 } } },
  async prepare(bench) {
    const manySymbols = await bench.market(LARGEST);
    const manyDays = await bench.market(LONGEST);
    const system = await bench.system();
    const sizes = new SizeRuns(bench, system, (size) =>
      partOf(size.days === LARGEST.days ? manySymbols : manyDays, size),
    );
    for (let i = 0; i < WARM_UPS; i++) await sizes.smallest();
    return {
      limit: async () => {
        await sizes.smallest(); // unmeasured: it meets the clean-up after the last round
        return sizes.smallest();
      },
      value: () => sizes.compared(LARGEST),
      others: {
        ...forOtherSizes((size) => () => sizes.compared(size)),
        ...sharedArms(bench, system, manyDays),
        [MEMORY]: computed(() => sizes.memoryGrowth, 'times'),
      },
    };
  },
};

/** Runs sessions of different sizes on one coordinator, each between two of the smallest, to cancel out changes of the machine's speed. */
class SizeRuns {
  /** Peaks of the coordinator's memory in the last session of each size, by the size's name. */
  #peaksMb = new Map();
  /** CPU seconds per bar of the last smallest session. */
  #smallestCpu;

  /** @param marketOf the market for a session of a size */
  constructor(bench, system, marketOf) {
    Object.assign(this, { bench, system, marketOf });
  }

  /** Runs the smallest session. @returns its sample */
  async smallest() {
    const sample = await this.#run(SMALLEST);
    this.#smallestCpu = cpuPerBar(sample);
    return sample;
  }

  /** Runs a session, and then the smallest one. @returns a sample of the first, compared with the smallest ones before and after it */
  async compared(size) {
    const before = this.#smallestCpu;
    const sample = await this.#run(size);
    await this.smallest();
    const smallestCpu = (before + this.#smallestCpu) / 2;
    return { ...sample, ratioToLimit: smallestCpu / cpuPerBar(sample) };
  }

  /** The largest peak of memory in multiples of the smallest one. */
  get memoryGrowth() {
    const peaks = [...this.#peaksMb.values()];
    return Math.max(...peaks) / Math.min(...peaks);
  }

  async #run(size) {
    const { bench, system, marketOf } = this;
    await system.meter.settled();
    const work = () => runSession(bench, system, marketOf(size), NO_UPKEEP, { countsEnd: true });
    const { result, peakMb } = await withPeakMb(system.coordinator.pid, work);
    this.#peaksMb.set(nameOf(size), peakMb);
    return result;
  }
}

function cpuPerBar(sample) {
  return systemCpu(sample) / (sample.rate * sample.seconds);
}
