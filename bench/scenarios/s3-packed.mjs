/** How fast packed days stream: their bytes go from PostgreSQL into the store, and no process reads single bars. */
import { barsOf, gridsOf, seeded } from '../harness/market.mjs';
import { NO_UPKEEP, runSession } from '../harness/session.mjs';
import { chunkOf } from '../harness/store.mjs';

const MARKET = { symbols: 400, days: 20 };
/** Chunks per pipeline in the program that measures the limit: as many as a flush has. */
const PIPELINED = 128;

export default {
  id: 'S3',
  title: [
    'packed source: 400 symbols × 20 days, packed days → session store, pace max, upkeep off',
    'limit: one SET per day chunk, pipelined, same bytes',
    'baseline: S1',
  ].join('; '),
  unit: 'bars/s',
  rounds: 5,
  targets: { ratioToLimit: 0.5, ratioToBaseline: 3, bytesPerBarMax: 60 },
  async prepare(bench) {
    const rows = await bench.market(MARKET);
    const packed = await bench.market({ ...MARKET, packed: true });
    const system = await bench.system();
    return {
      value: () => runSession(bench, system, packed, NO_UPKEEP),
      limit: await setChunks(bench, packed),
      baseline: () => runSession(bench, system, rows, NO_UPKEEP),
    };
  },
};

/** The limit: a program that writes as many bytes by plain SET commands, as fast as the client can send them. */
async function setChunks(bench, { symbols, grids, bars }) {
  const { redis } = bench;
  const meter = await bench.cpuMeter();
  const random = seeded(3);
  // All days use the chunks of one day, because the content does not change the cost of sending them.
  const [grid] = gridsOf(1);
  const chunks = symbols.map(() => Buffer.from(chunkOf(grid, barsOf(grid, random, 0)).bytes.buffer));
  return async () => {
    const names = [];
    // Measures the time, the CPU and the bytes in Redis of what the function stores.
    const sample = await bench.storing(meter, bars, async () => {
      let sent = Promise.resolve();
      for (const { date } of grids) {
        for (let at = 0; at < symbols.length; at += PIPELINED) {
          const pipeline = redis.pipeline();
          for (let i = at; i < Math.min(at + PIPELINED, symbols.length); i++) {
            const name = `bench-set:chunk:1m:${symbols[i]}:${date}`;
            names.push(name);
            pipeline.set(name, chunks[i]);
          }
          // The next pipeline is made while this one is sent.
          const sending = pipeline.exec();
          await sent;
          sent = sending;
        }
      }
      await sent;
    });
    await redis.unlink(...names);
    await bench.redisBytes(); // waits until Redis has freed them
    return sample;
  };
}
