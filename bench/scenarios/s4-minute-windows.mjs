/**
 * How fast the store takes the smallest possible windows: one minute of all symbols, by one script call for each
 * partition.
 */
import { RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { removeSession } from '@barkeep/session-data';
import { barsOf, gridsOf, seeded, symbolNames } from '../harness/market.mjs';
import { chunkOf, openStore } from '../harness/store.mjs';

const SYMBOLS = 500;
const MINUTES = { upkeep: { barrier: { minutes: 1 } } };

export default {
  id: 'S4',
  title:
    'minute windows: 500 symbols, one day, a window a minute, store only; baseline: one SETRANGE a bar, pipelined a minute',
  unit: 'bars/s',
  targets: { ratioToBaseline: 2 },
  async prepare(bench) {
    const redis = await bench.redis();
    const [grid] = gridsOf(1);
    const random = seeded(4);
    const chunks = new Map(symbolNames(SYMBOLS).map((symbol) => [symbol, chunkOf(grid, barsOf(grid, random, 0))]));
    const meter = await bench.cpuMeter();
    const timed = async (write) => {
      meter.reset();
      const startedAt = performance.now();
      await write();
      return { rate: (SYMBOLS * grid.slotCount) / ((performance.now() - startedAt) / 1000), cpu: meter.seconds() };
    };
    return {
      value: async () => {
        const { layout, writer } = await openStore(redis, 'bench-s4', grid, [...chunks.keys()], MINUTES);
        const sample = await timed(() => writeWindows(layout, writer, chunks));
        await removeSession(redis, layout);
        return sample;
      },
      baseline: async () => {
        const keys = [...chunks.keys()].map((symbol) => `bench-setrange:${symbol}`);
        const sample = await timed(() => writeSingly(redis, keys, [...chunks.values()], grid.slotCount));
        await redis.unlink(...keys);
        return sample;
      },
    };
  },
};

async function writeWindows(layout, writer, chunks) {
  const parts = layout.keys.map((_, partition) => {
    const symbols = layout.symbolsOf(partition);
    return {
      partition,
      chunks: new Map(symbols.map((symbol) => [symbol, chunks.get(symbol)])),
      bars: symbols.length,
      refused: new Map(),
    };
  });
  for (const window of layout.windowsFrom(layout.start))
    await Promise.all(parts.map((part) => writer.flush(window, part)));
}

async function writeSingly(redis, keys, chunks, slotCount) {
  for (let slot = 0; slot < slotCount; slot++) {
    const pipeline = redis.pipeline();
    const offset = recordOffset(slotCount, slot);
    keys.forEach((key, i) => pipeline.setrange(key, offset, Buffer.from(chunks[i].bytes.buffer, offset, RECORD_BYTES)));
    await pipeline.exec();
  }
}
