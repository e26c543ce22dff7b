/**
 * How long a hole stays open: the time from the moment when a streamed day with holes is in the store until all of its bars
 * are in the store. No barrier makes the clock wait. A hint of the stream starts the repair, long before the periodic round.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { computed } from '../harness/rounds.mjs';
import { specOf } from '../harness/session.mjs';

const SYMBOLS = 50;
const HOLES = 0.02;
const DEADLINE_MS = 30_000;
const ROUND_SECONDS = 60;

export default {
  id: 'S8',
  title:
    'time to repair: 50 symbols, a day with 2 % holes, from the streamed day until all its bars are stored, no barrier, started by a hint; baseline, computed: half of the 60 s between two rounds',
  unit: 'ms',
  rounds: 11,
  targets: { valueMax: 250 },
  async prepare(bench) {
    const whole = await bench.market({ symbols: SYMBOLS, days: 1 });
    const holey = await bench.market({ symbols: SYMBOLS, days: 1, holes: HOLES });
    const system = await bench.system({ workers: 2 });
    return {
      value: () => repair(bench, system, whole, holey),
      // With periodic rounds alone a hole is found after half their interval, on average. This needs no measurement.
      baseline: computed(() => (ROUND_SECONDS * 1000) / 2),
    };
  },
};

async function repair({ redis }, { coordinator, meter }, whole, holey) {
  const spec = {
    backfill: [whole.dataset],
    derivedIntervals: ['5m', '15m'],
    upkeep: { barrier: 'none', everySeconds: ROUND_SECONDS },
  };
  const { id } = await coordinator.call('POST', '/v1/sessions', specOf(holey, spec));
  const meta = `barkeep:{${id}:0}:meta`;
  meter.reset();
  await coordinator.call('POST', `/v1/sessions/${id}/start`);
  const streamedAt = await timeWhen(redis, meta, 'streamed', holey.bars);
  const filledAt = await timeWhen(redis, meta, 'backfilled', whole.bars - holey.bars);
  const cpu = meter.seconds();
  await coordinator.call('DELETE', `/v1/sessions/${id}`);
  return { rate: filledAt - streamedAt, cpu };
}

/** The time at which a counter of the store first has this count. */
async function timeWhen(redis, meta, counter, count) {
  for (const deadline = performance.now() + DEADLINE_MS; performance.now() < deadline; await turn()) {
    if (Number(await redis.hget(meta, counter)) === count) return performance.now();
  }
  throw new Error(`expected the holes to be filled within ${DEADLINE_MS / 1000} s`);
}
