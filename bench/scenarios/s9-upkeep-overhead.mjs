/** What upkeep costs where there is nothing to repair: the coordinator's time a bar, and the wall clock on one machine. */
import { expectFilled, runSession } from '../harness/session.mjs';

const WORKERS = 2;

export default {
  id: 'S9',
  title:
    'upkeep overhead: a clean S1 with upkeep on (a barrier each day, 2 workers) and nothing to repair; limit: S1 on the same 2 cores',
  unit: 'bars/s',
  rounds: 7,
  targets: { ratioToLimit: 0.75, others: { 'coordinator CPU more': { valueMax: 3 } } },
  async prepare(bench) {
    const market = await bench.market({ symbols: 400, days: 20 });
    const system = await bench.system({ workers: WORKERS });
    const { meter } = system;
    const coordinatorSeconds = {};
    const arm = (name, upkeep) => async () => {
      await meter.settled();
      // With all that the coordinator has to do for the session, its certificate included: where that is cut off is chance.
      const check = async (session) => {
        expectFilled(session, market.bars);
        await meter.settled();
        coordinatorSeconds[name] = meter.seconds().coordinator;
      };
      return runSession(bench, { ...system, market, spec: { upkeep }, check });
    };
    return {
      limit: arm('plain', { enabled: false }),
      value: arm('upkeep', { enabled: true, barrier: 'day' }),
      // Of the two samples before it: both have the same number of bars.
      others: {
        'coordinator CPU more': async () => ({
          unit: '%',
          rate: (100 * coordinatorSeconds.upkeep) / coordinatorSeconds.plain - 100,
        }),
      },
      close: () => system.stop(),
    };
  },
};
