/** How fast the session store accepts the smallest windows: one minute of all symbols, written by one script call per partition. */
import { RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { removeSession } from '@barkeep/session-data';
import { gridsOf, marketDay } from '../harness/market.mjs';
import { chunkOf, openStore, writeDay } from '../harness/store.mjs';

const SYMBOLS = 500;
/** With a barrier each minute, the windows of the store are single minutes. */
const MINUTE_WINDOWS = { upkeep: { barrier: { minutes: 1 } } };

export default {
  id: 'S4',
  title:
    'minute windows: 500 symbols, one day, one window per minute, store only; baseline: one SETRANGE per bar, one pipeline per minute',
  unit: 'bars/s',
  targets: { ratioToBaseline: 2 },
  async prepare(bench) {
    const { redis } = bench;
    const [grid] = gridsOf(1);
    const market = marketDay(grid, { symbols: SYMBOLS, seed: 4 });
    const chunks = new Map([...market].map(([symbol, bars]) => [symbol, chunkOf(grid, bars)]));
    const meter = await bench.cpuMeter();
    const sampleOf = (write) => meter.sample(SYMBOLS * grid.slotCount, write);
    return {
      value: async () => {
        const { layout, writer } = await openStore(redis, 'bench-s4', grid, [...chunks.keys()], MINUTE_WINDOWS);
        const sample = await sampleOf(() => writeDay(layout, writer, chunks));
        await removeSession(redis, layout);
        return sample;
      },
      baseline: async () => {
        const keys = [...chunks.keys()].map((symbol) => `bench-setrange:${symbol}`);
        const sample = await sampleOf(() => writeSingly(redis, keys, [...chunks.values()], grid.slotCount));
        await redis.unlink(...keys);
        return sample;
      },
    };
  },
};

/** The obvious way: writes the record of each bar by a command of its own. */
async function writeSingly(redis, keys, chunks, slotCount) {
  for (let slot = 0; slot < slotCount; slot++) {
    const pipeline = redis.pipeline();
    const offset = recordOffset(slotCount, slot);
    keys.forEach((key, i) => pipeline.setrange(key, offset, Buffer.from(chunks[i].bytes.buffer, offset, RECORD_BYTES)));
    await pipeline.exec();
  }
}
