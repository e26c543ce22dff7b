/**
 * How fast packed days stream: their bytes go from PostgreSQL into the session store, and no process looks at a single
 * bar.
 */
import { DayChunk } from '@barkeep/bars';
import { barsOf, gridsOf, seeded } from '../harness/market.mjs';
import { streamingArms } from '../harness/streaming.mjs';

const MARKET = { symbols: 400, days: 20 };
/** Symbols of one pipeline in the limit arm: as many chunks as a flush has. */
const PIPELINED = 128;

export default {
  id: 'S3',
  title:
    'packed source: 400 symbols × 20 days, packed days → session store, pace max, upkeep off; limit: one SET a day chunk, pipelined, same bytes; baseline: S1',
  unit: 'bars/s',
  rounds: 5,
  targets: { ratioToLimit: 0.5, ratioToBaseline: 3, bytesPerBarMax: 60 },
  async prepare(bench) {
    const rows = await bench.market(MARKET);
    const packed = await bench.market({ ...MARKET, packed: true });
    const system = await bench.system();
    const overRows = await streamingArms(bench, rows, system);
    const overPacks = await streamingArms(bench, packed, system);
    return {
      value: overPacks.value,
      limit: await setChunks(bench, packed),
      baseline: overRows.value,
      close: () => system.stop(),
    };
  },
};

/** Writes the same bytes by plain SET commands, as fast as the client can send them. */
async function setChunks(bench, { symbols, grids, bars }) {
  const redis = await bench.redis();
  const meter = await bench.cpuMeter();
  const random = seeded(3);
  // All days use the chunks of one day, because the content does not change the cost of sending them.
  const [grid] = gridsOf(1);
  const chunks = symbols.map(() => {
    const chunk = new DayChunk(grid.slotCount);
    barsOf(grid, random, 0).forEach((bar, slot) => chunk.writeBar(slot, bar, 'streamed', 0));
    return Buffer.from(chunk.bytes.buffer);
  });
  return async () => {
    const bytesBefore = await bench.redisBytes();
    meter.reset();
    const startedAt = performance.now();
    const names = [];
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
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = meter.seconds();
    const bytes = (await bench.redisBytes()) - bytesBefore;
    await redis.unlink(...names);
    await bench.redisBytes();
    return { rate: bars / seconds, cpu, bytesPerBar: bytes / bars };
  };
}
