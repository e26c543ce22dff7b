/** All of Barkeep's work: bars stream with holes, each hole is found and filled, longer bars are derived, the clock follows by day. */
import { NO_UPKEEP, runSession } from '../harness/session.mjs';

const MARKET = { symbols: 400, days: 20 };
const HOLES = 0.02;

export default {
  id: 'S2',
  title:
    'whole job: S1 with 2 % holes, upkeep with a barrier each day, derived 5m, 15m, 1h, 2 workers, every hole filled; limit: S1',
  unit: 'bars/s',
  targets: { ratioToLimit: 0.35 },
  async prepare(bench) {
    const whole = await bench.market(MARKET);
    const holey = await bench.market({ ...MARKET, holes: HOLES });
    const lostBars = whole.bars - holey.bars;
    const system = await bench.system({ workers: 2 });
    const upkeep = { enabled: true, barrier: 'day' };
    const spec = { derivedIntervals: ['5m', '15m', '1h'], backfill: [whole.dataset], upkeep };
    const check = ({ counts }) => {
      const { backfilled, missing, absent, unfillable } = counts;
      if (backfilled !== lostBars || missing + absent + unfillable > 0) {
        throw new Error(`expected ${lostBars} bars filled in, was ${JSON.stringify(counts)}`);
      }
    };
    return {
      // The rate counts the bars that are filled in, too.
      value: () => runSession(bench, system, { ...holey, bars: whole.bars }, spec, { check }),
      limit: () => runSession(bench, system, whole, NO_UPKEEP),
    };
  },
};
