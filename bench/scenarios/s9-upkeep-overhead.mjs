/** What upkeep costs where there is nothing to repair: the coordinator's time a bar, and the wall clock on one machine. */
import { runSession } from '../harness/session.mjs';
import { streamingArms } from '../harness/streaming.mjs';

const WORKERS = 2;

export default {
  id: 'S9',
  title:
    'upkeep overhead: a clean S1 with upkeep on (a barrier each day, 2 workers) and nothing to repair; limit: S1 on the same 2 cores',
  unit: 'bars/s',
  rounds: 5,
  targets: { ratioToLimit: 0.75, others: { 'coordinator CPU more': { valueMax: 3 } } },
  async prepare(bench) {
    const market = await bench.market({ symbols: 400, days: 20 });
    const system = await bench.system({ workers: WORKERS });
    const plain = await streamingArms(bench, market, system);
    const spec = { upkeep: { enabled: true, barrier: 'day' } };
    const last = {};
    const noted = (name, run) => async () => (last[name] = await run());
    return {
      limit: noted('plain', plain.value),
      value: noted('upkeep', () => runSession(bench, { ...system, market, spec })),
      // Of the two samples before it: both have the same number of bars.
      others: {
        'coordinator CPU more': async () => ({
          unit: '%',
          rate: (100 * last.upkeep.cpu.coordinator) / last.plain.cpu.coordinator - 100,
        }),
      },
      close: () => system.stop(),
    };
  },
};
