/** A small session as a user starts it, with and without upkeep: what it costs to start and end shows in it. */
import { runSession } from '../harness/session.mjs';
import { streamingArms } from '../harness/streaming.mjs';

const WORKERS = 2;

export default {
  id: 'first',
  title: '100 symbols × 5 days, Postgres → session store, whole session; limit: COPY drained to nowhere; baseline: cursor + ZSET of JSON',
  unit: 'bars/s',
  rounds: 5,
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 5 });
    const arms = await streamingArms(bench, market);
    return { ...arms, others: { 'with upkeep': withUpkeep(bench, market) } };
  },
};

/** The same on a coordinator with upkeep by workers: holes are looked for, 5m and 15m bars derived, the clock waits for it. */
function withUpkeep(bench, market) {
  let system;
  return async () => {
    system ??= await start(bench);
    const spec = { derivedIntervals: ['5m', '15m'], upkeep: { enabled: true, barrier: 'day' } };
    return runSession(bench, { ...system, market, spec });
  };
}

async function start(bench) {
  const coordinator = await bench.start('coordinator');
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => bench.start('upkeep-worker')));
  const pids = Object.fromEntries(workers.map(({ pid }, i) => [`worker ${i + 1}`, pid]));
  return { coordinator, meter: await bench.cpuMeter({ coordinator: coordinator.pid, ...pids }) };
}
