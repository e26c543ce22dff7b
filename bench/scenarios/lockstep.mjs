/** Sessions in lockstep, each minute a step of an empty loop in another process: what it costs that the clock waits. */
import { Consumers } from '../harness/consumers.mjs';
import { expectFilled, runSession } from '../harness/session.mjs';

const MOST = 4;
const NO_UPKEEP = { upkeep: { enabled: false } };

export default {
  id: 'lockstep',
  title: `lockstep: 100 symbols × 5 days, every 1m, window 30, one consumer process with an empty loop; limit: the same session at pace max without consumers; beside: ${MOST} consumer processes`,
  unit: 'bars/s',
  rounds: 5,
  targets: { ratioToLimit: 0.5, valueMin: 300_000, others: { 'share kept with 4 consumers, %': { valueMin: 65 } } },
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 5 });
    const { sessionRedisUrl } = await bench.services();
    const consumers = await Consumers.start(sessionRedisUrl, MOST);
    const system = await bench.system();
    const check = (session) => expectFilled(session, market.bars);
    const rates = {};
    const arm = (count) => async () => {
      const pace = count === 0 ? { mode: 'max' } : { mode: 'lockstep', consumers: count };
      const whileRunning = (id) => consumers.follow(id, count);
      const spec = { ...NO_UPKEEP, pace };
      const sample = await runSession(bench, { ...system, market, spec, check, whileRunning });
      for (const { bars, steps } of sample.others) {
        if (bars !== market.bars) throw new Error(`expected ${market.bars} bars in the loop, was ${bars}`);
        if (steps !== market.grids.length * 390) throw new Error(`expected a step a minute, was ${steps}`);
      }
      const cpu = { ...sample.cpu };
      sample.others.forEach((other, i) => (cpu[`consumer ${i + 1}`] = other.cpu));
      rates[count] = sample.rate;
      return { ...sample, cpu };
    };
    return {
      value: arm(1),
      limit: arm(0),
      others: {
        '4 consumers': arm(MOST),
        'share kept with 4 consumers, %': async () => ({ rate: (100 * rates[MOST]) / rates[1] }),
      },
      close: () => {
        consumers.stop();
        return system.stop();
      },
    };
  },
};
