/** The main figure: how fast rows in PostgreSQL become a session store. */
import { streamingArms } from '../harness/streaming.mjs';

export default {
  id: 'S1',
  title:
    'stream: 400 symbols × 20 days, Postgres rows → session store, pace max, upkeep off; limit: COPY drained; baseline: cursor + ZADD of JSON',
  unit: 'bars/s',
  targets: { ratioToLimit: 0.8, ratioToBaseline: 8, bytesPerBarMax: 60 },
  async prepare(bench) {
    const market = await bench.market({ symbols: 400, days: 20 });
    const arms = await streamingArms(bench, market);
    // The baseline sends three million single commands, which takes half a minute. One sample is enough for a factor of
    // eight.
    return { ...arms, baseline: Object.assign(arms.baseline, { rounds: 1 }) };
  },
};
