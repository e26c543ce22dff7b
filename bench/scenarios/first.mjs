/**
 * A small session as a user starts it, with and without upkeep. It shows the fixed cost of starting and ending a
 * session.
 */
import { runSession } from '../harness/session.mjs';
import { streamingArms } from '../harness/streaming.mjs';

export default {
  id: 'first',
  title:
    '100 symbols × 5 days, Postgres → session store, whole session; limit: COPY drained to nowhere; baseline: cursor + ZSET of JSON',
  unit: 'bars/s',
  rounds: 5,
  async prepare(bench) {
    const market = await bench.market({ symbols: 100, days: 5 });
    const arms = await streamingArms(bench, market);
    const system = await bench.system({ workers: 2 });
    // With upkeep workers look for holes and derive 5m and 15m bars, and the clock waits for them.
    const spec = { derivedIntervals: ['5m', '15m'], upkeep: { enabled: true, barrier: 'day' } };
    const withUpkeep = () => runSession(bench, { ...system, market, spec });
    const close = () => Promise.all([arms.close(), system.stop()]);
    return { ...arms, others: { 'with upkeep': withUpkeep }, close };
  },
};
