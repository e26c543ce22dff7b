/** I1 is an invariant of docs/ARCHITECTURE.md. */
import type { DayChunk } from '@barkeep/bars';
import { ChunkPool } from './chunk-pool.js';

/** The slots of a whole trading day, and of a day that closes early. */
const [WHOLE_DAY, HALF_DAY] = [390, 210];
const WHOLE_DAY_BYTES = new ChunkPool().take(WHOLE_DAY).bytes.length;
const DATASET = 3;
const BAR = { openTime: 0, open: 1, high: 2, low: 0.5, close: 1, volume: 100 };

/** Writes a bar into each of the slots `[from, to)`. */
function fill(chunk: DayChunk, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) chunk.writeBar(slot, BAR, 'streamed', DATASET);
}

/** A chunk from the pool that has a bar in each slot. */
function fullChunk(pool: ChunkPool, slotCount: number): DayChunk {
  const chunk = pool.take(slotCount);
  fill(chunk, 0, slotCount);
  return chunk;
}

describe('the pool of chunks', () => {
  it('I1 empties a reused chunk, so that no bar of an earlier window reaches the store', () => {
    const pool = new ChunkPool();
    const first = fullChunk(pool, WHOLE_DAY);
    pool.giveBack([first], 0, WHOLE_DAY);
    const second = pool.take(WHOLE_DAY);
    expect(second).toBe(first);
    expect(second.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('empties a reused chunk also when its window was a part of the day', () => {
    const pool = new ChunkPool();
    const chunk = pool.take(WHOLE_DAY);
    fill(chunk, 30, 60);
    pool.giveBack([chunk], 30, 60);
    expect(pool.take(WHOLE_DAY).bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('I1 leaves the old bars in a chunk for a caller that overwrites all bytes, and empties it for the next caller', () => {
    const pool = new ChunkPool();
    const chunk = fullChunk(pool, WHOLE_DAY);
    pool.giveBack([chunk], 0, WHOLE_DAY);
    expect(pool.takeToOverwrite(WHOLE_DAY)).toBe(chunk);
    expect(chunk.count()).toBe(WHOLE_DAY);
    pool.giveBack([chunk], 0, WHOLE_DAY);
    expect(pool.take(WHOLE_DAY).bytes.every((byte) => byte === 0)).toBe(true);
    expect(pool.takeToOverwrite(WHOLE_DAY).count()).toBe(0);
  });

  it('never hands out a chunk again that was not given back', () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(WHOLE_DAY), pool.take(WHOLE_DAY), pool.take(HALF_DAY)];
    expect(new Set(chunks).size).toBe(3);
  });

  it('keeps no more than its bound, and can be filled again after a chunk was taken', () => {
    const pool = new ChunkPool(2 * WHOLE_DAY_BYTES);
    const threeChunks = () => [1, 2, 3].map(() => pool.take(WHOLE_DAY));
    const chunks = threeChunks();
    pool.giveBack(chunks, 0, WHOLE_DAY);
    const again = threeChunks();
    expect(again.filter((chunk) => chunks.includes(chunk))).toHaveLength(2);
    pool.giveBack(again.slice(0, 1), 0, WHOLE_DAY);
    expect(pool.take(WHOLE_DAY)).toBe(again[0]);
  });

  it('drops chunks of other lengths when it is full, and keeps the chunk that is given back', () => {
    const pool = new ChunkPool(WHOLE_DAY_BYTES);
    const [wholeDay, halfDay] = [pool.take(WHOLE_DAY), pool.take(HALF_DAY)];
    pool.giveBack([wholeDay], 0, WHOLE_DAY);
    pool.giveBack([halfDay], 0, HALF_DAY);
    expect(pool.take(HALF_DAY)).toBe(halfDay);
    expect(pool.take(WHOLE_DAY)).not.toBe(wholeDay);
  });

  it('hands out chunks of the requested length, whatever lengths were given back', () => {
    const pool = new ChunkPool();
    pool.giveBack([fullChunk(pool, WHOLE_DAY)], 0, WHOLE_DAY);
    pool.giveBack([fullChunk(pool, HALF_DAY)], 0, HALF_DAY);
    for (const slotCount of [HALF_DAY, WHOLE_DAY, 1]) expect(pool.take(slotCount).slotCount).toBe(slotCount);
  });
});
