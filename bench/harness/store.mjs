/** Session stores that a benchmark writes directly, without a coordinator. */
import { bitmapBytes, DayChunk, parseSessionSpec } from '@barkeep/bars';
import { SessionLayout, SessionWriter } from '@barkeep/session-data';
import { randomUUID } from 'node:crypto';
import { seeded } from './market.mjs';

/** Share of the chunks of a filled store that have gaps, and therefore slot states. */
const SHARE_WITH_GAPS = 0.3;
/** Share of empty slots in a chunk with gaps. */
const SHARE_OF_HOLES = 0.02;
/** State of a slot that was requested once and stayed empty. */
const REQUESTED_ONCE = 1;

/** Creates the empty store of a session of one day and claims it. @param spec more fields of its spec */
export async function openStore(redis, id, grid, symbols, spec = {}) {
  const source = { type: 'dataset', dataset: 'bench' };
  const parsed = parseSessionSpec({ symbols, start: grid.date, end: grid.date, source, ...spec });
  const incarnation = randomUUID();
  const layout = new SessionLayout({ id, incarnation, spec: parsed, keyPrefix: 'bench', historyDays: 0 });
  const writer = new SessionWriter(redis, layout, { epoch: 1, owner: 'bench' });
  await writer.init();
  await writer.claim();
  return { layout, writer };
}

export function chunkOf(grid, bars) {
  const chunk = new DayChunk(grid.slotCount);
  for (const bar of bars) chunk.writeBar(grid.slotAt(bar.openTime), bar, 'streamed', 0);
  return chunk;
}

/**
 * Writes a day window by window. For each window the store counts one bar per symbol. So its counts are right only when windows are one
 * minute long and the chunks have no empty slots. @param chunks by symbol
 */
export async function writeDay(layout, writer, chunks) {
  const parts = layout.keys.map((_, partition) => {
    const symbols = layout.symbolsOf(partition).filter((symbol) => chunks.has(symbol));
    const chunksOfPart = new Map(symbols.map((symbol) => [symbol, chunks.get(symbol)]));
    return { partition, chunks: chunksOfPart, bars: symbols.length, refused: new Map() };
  });
  for (const window of layout.windowsFrom(layout.start))
    await Promise.all(parts.map((part) => writer.flush(window, part)));
}

/** Makes a store of one day. @param market bars by symbol @returns its layout and writer, and the chunks by symbol */
export async function storeDay(redis, id, grid, market, spec) {
  const { layout, writer } = await openStore(redis, id, grid, [...market.keys()], spec);
  const chunks = new Map([...market].map(([symbol, bars]) => [symbol, chunkOf(grid, bars)]));
  await writeDay(layout, writer, chunks);
  return { layout, writer, chunks };
}

/** Writes a bitmap for each symbol and day, some with holes and slot states. @returns the number of filled slots */
export async function fillStore(redis, layout) {
  const random = seeded(1);
  let filled = 0;
  for (const [day, { date }] of layout.days.entries()) {
    for (const [partition, keys] of layout.keys.entries()) {
      const pipeline = redis.pipeline();
      for (const symbol of layout.symbolsOf(partition)) {
        const { bitmap, states, count } = slotsOf(layout.grid(day), random);
        pipeline.setrange(keys.chunk('1m', symbol, date), 0, bitmap);
        if (states) pipeline.set(keys.states(symbol, date), states);
        filled += count;
      }
      await pipeline.exec();
    }
  }
  return filled;
}

/** Slots of one symbol on one day. @returns their bitmap, the slot states unless all slots are filled, and how many are filled */
function slotsOf({ slotCount }, random) {
  const bitmap = Buffer.alloc(bitmapBytes(slotCount));
  const states = random() < SHARE_WITH_GAPS ? Buffer.alloc(slotCount) : undefined;
  let count = 0;
  for (let slot = 0; slot < slotCount; slot++) {
    if (states && random() < SHARE_OF_HOLES) states[slot] = REQUESTED_ONCE;
    else {
      bitmap[slot >> 3] |= 0x80 >> (slot & 7); // slot 0 is the highest bit of byte 0
      count++;
    }
  }
  return { bitmap, states, count };
}

/** Reads the bitmaps of one day by pipelines: per symbol one GETRANGE, and with `withStates` a GET of the states. */
export async function readBitmaps(redis, layout, day, { withStates = false } = {}) {
  const { slotCount, date } = layout.grid(day);
  await Promise.all(
    layout.keys.map((keys, partition) => {
      const pipeline = redis.pipeline();
      for (const symbol of layout.symbolsOf(partition)) {
        pipeline.getrangeBuffer(keys.chunk('1m', symbol, date), 0, bitmapBytes(slotCount) - 1);
        if (withStates) pipeline.getBuffer(keys.states(symbol, date));
      }
      return pipeline.exec();
    }),
  );
}
