/** Random base bars of a day, the same on every run. */
import type { Bar } from '../../../libs/bars/src/bar.js';
import { DayChunk } from '../../../libs/bars/src/chunk.js';
import type { Seeded } from './seeded.js';

/** @param filledShare share of the slots that get a bar, 0 to 1 */
export function randomDay(slotCount: number, random: Seeded, filledShare: number): DayChunk {
  const chunk = new DayChunk(slotCount);
  for (let slot = 0; slot < slotCount; slot++) {
    if (random.chance(filledShare)) chunk.writeBar(slot, randomBar(random), random.pick(['streamed', 'backfilled']), 0);
  }
  return chunk;
}

/** A valid bar. Its time is that of its slot in the chunk, so `openTime` does not matter. */
function randomBar(random: Seeded): Bar {
  const prices = Array.from({ length: 4 }, () => random.int(1, 100_000) / 100);
  const [low, open, close, high] = prices.sort((a, b) => a - b) as [number, number, number, number];
  return { openTime: 0, open, high, low, close, volume: random.int(0, 10_000) };
}
