import { ChunkPool } from './chunk-pool.js';

const full = (pool: ChunkPool, slotCount: number) => {
  const chunk = pool.take(slotCount);
  for (let slot = 0; slot < slotCount; slot++) chunk.write(slot, 1, 2, 0.5, 1, 100, 1, 3, 1, 1);
  return chunk;
};

describe('the pool of chunks', () => {
  it('I1 a chunk that is used again is empty, so that nothing of an earlier window comes into the store', () => {
    const pool = new ChunkPool();
    const first = full(pool, 390);
    pool.giveBack([first]);
    const second = pool.take(390);
    expect(second).toBe(first);
    expect(second.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a chunk that was not given back is never handed out again', () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(390), pool.take(390), pool.take(210)];
    expect(new Set(chunks).size).toBe(3);
  });

  it('half days and whole ones have chunks of their own length', () => {
    const pool = new ChunkPool();
    pool.giveBack([full(pool, 390), full(pool, 210)]);
    expect([pool.take(210).slotCount, pool.take(390).slotCount, pool.take(1).slotCount]).toEqual([210, 390, 1]);
  });
});
