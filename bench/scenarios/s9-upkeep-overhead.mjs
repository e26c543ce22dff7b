/** What upkeep costs when there is nothing to repair: CPU time of the coordinator, and wall time on one machine. */
import { percentage } from '../harness/rounds.mjs';
import { runSession } from '../harness/session.mjs';

export default {
  id: 'S9',
  title:
    'upkeep overhead: a clean S1 with upkeep on (a barrier each day, 2 workers) and nothing to repair; limit: S1 on the same 2 cores',
  unit: 'bars/s',
  rounds: 7,
  // `valueMax` is in percent.
  targets: { ratioToLimit: 0.75, others: { 'extra coordinator CPU': { valueMax: 3 } } },
  async prepare(bench) {
    const market = await bench.market({ symbols: 400, days: 20 });
    const system = await bench.system({ workers: 2 });
    const { meter } = system;
    const coordinatorSeconds = {};
    /** One of the variants that are compared: the same session with other settings of upkeep. */
    const arm = (name, upkeep) => async () => {
      await meter.settled(); // waits until all processes are idle, so that no earlier work counts
      const sample = await runSession(bench, system, market, { upkeep }, { countsEnd: true });
      coordinatorSeconds[name] = sample.cpu.coordinator;
      return sample;
    };
    return {
      limit: arm('plain', { enabled: false }),
      value: arm('upkeep', { enabled: true, barrier: 'day' }),
      // Computed from the last samples of `limit` and `value`, which have the same number of bars.
      others: { 'extra coordinator CPU': percentage(() => coordinatorSeconds.upkeep / coordinatorSeconds.plain - 1) },
    };
  },
};
