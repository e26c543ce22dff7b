/** The store alone, with the least that a window can be: one minute of all symbols, one script call a partition. */
import { DayChunk, parseSessionSpec, RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { removeSession, SessionLayout, SessionWriter } from '@barkeep/session-data';
import { randomUUID } from 'node:crypto';
import { barsOf, gridsOf, seeded, symbolNames } from '../harness/market.mjs';

const SYMBOLS = 500;

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
    const chunks = new Map(symbolNames(SYMBOLS).map((symbol) => [symbol, chunkOf(grid, random)]));
    const meter = await bench.cpuMeter();
    const timed = async (write) => {
      meter.reset();
      const startedAt = performance.now();
      await write();
      return { rate: (SYMBOLS * grid.slotCount) / ((performance.now() - startedAt) / 1000), cpu: meter.seconds() };
    };
    return {
      value: async () => {
        const { layout, writer } = await openSession(redis, grid, [...chunks.keys()]);
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

function chunkOf(grid, random) {
  const chunk = new DayChunk(grid.slotCount);
  barsOf(grid, random, 0).forEach((bar, slot) => chunk.writeBar(slot, bar, 'streamed', 0));
  return chunk;
}

async function openSession(redis, grid, symbols) {
  const source = { type: 'dataset', dataset: 'bench' };
  const upkeep = { barrier: { minutes: 1 } };
  const spec = parseSessionSpec({ symbols, start: grid.date, end: grid.date, source, upkeep });
  const layout = new SessionLayout('bench-s4', randomUUID(), spec, 'bench', 0);
  const writer = new SessionWriter(redis, layout, { epoch: 1, owner: 'bench' });
  await writer.init();
  await writer.claim();
  return { layout, writer };
}

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
