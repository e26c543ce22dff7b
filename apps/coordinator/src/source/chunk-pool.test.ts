import type { DayChunk } from '@barkeep/bars';
import { ChunkPool } from './chunk-pool.js';

/** Writes a bar into each of the slots `[from, to)`. */
function fill(chunk: DayChunk, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) chunk.write(slot, 1, 2, 0.5, 1, 100, 1, 3, 1, 1);
}

/** A chunk from the pool that has a bar in each slot. A whole trading day has 390 slots, a half day 210. */
function fullChunk(pool: ChunkPool, slotCount: number): DayChunk {
  const chunk = pool.take(slotCount);
  fill(chunk, 0, slotCount);
  return chunk;
}

describe('the pool of chunks', () => {
  it('I1 a reused chunk is empty, so that no bar of an earlier window reaches the store', () => {
    const pool = new ChunkPool();
    const first = fullChunk(pool, 390);
    pool.giveBack([first], 0, 390);
    const second = pool.take(390);
    expect(second).toBe(first);
    expect(second.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a reused chunk is empty also when its window was a part of the day', () => {
    const pool = new ChunkPool();
    const chunk = pool.take(390);
    fill(chunk, 30, 60);
    pool.giveBack([chunk], 30, 60);
    expect(pool.take(390).bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('I1 a caller that overwrites all bytes gets a chunk with its old bars, and the next caller gets it empty', () => {
    const pool = new ChunkPool();
    const chunk = fullChunk(pool, 390);
    pool.giveBack([chunk], 0, 390);
    expect(pool.takeToOverwrite(390)).toBe(chunk);
    expect(chunk.count()).toBe(390);
    pool.giveBack([chunk], 0, 390);
    expect(pool.take(390).bytes.every((byte) => byte === 0)).toBe(true);
    expect(pool.takeToOverwrite(390).count()).toBe(0);
  });

  it('a chunk that was not given back is never handed out again', () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(390), pool.take(390), pool.take(210)];
    expect(new Set(chunks).size).toBe(3);
  });

  it('keeps no more than its bound, and can be filled again after a chunk was taken', () => {
    const pool = new ChunkPool(2 * fullChunk(new ChunkPool(), 390).bytes.length); // two chunks of a whole day
    const chunks = [pool.take(390), pool.take(390), pool.take(390)];
    pool.giveBack(chunks, 0, 390);
    const again = [pool.take(390), pool.take(390), pool.take(390)];
    expect(again.filter((chunk) => chunks.includes(chunk))).toHaveLength(2);
    pool.giveBack(again.slice(0, 1), 0, 390);
    expect(pool.take(390)).toBe(again[0]);
  });

  it('a full pool drops chunks of other lengths for the chunk that is given back', () => {
    const pool = new ChunkPool(fullChunk(new ChunkPool(), 390).bytes.length);
    const [wholeDay, halfDay] = [pool.take(390), pool.take(210)];
    pool.giveBack([wholeDay], 0, 390);
    pool.giveBack([halfDay], 0, 210);
    expect(pool.take(210)).toBe(halfDay);
    expect(pool.take(390)).not.toBe(wholeDay);
  });

  it('a chunk has the requested length, whatever lengths were given back', () => {
    const pool = new ChunkPool();
    pool.giveBack([fullChunk(pool, 390)], 0, 390);
    pool.giveBack([fullChunk(pool, 210)], 0, 210);
    for (const slotCount of [210, 390, 1]) expect(pool.take(slotCount).slotCount).toBe(slotCount);
  });
});
