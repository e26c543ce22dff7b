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
    pool.giveBack([first], 0, 390);
    const second = pool.take(390);
    expect(second).toBe(first);
    expect(second.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a window that is a part of the day empties that part', () => {
    const pool = new ChunkPool();
    const chunk = pool.take(390);
    for (let slot = 30; slot < 60; slot++) chunk.write(slot, 1, 2, 0.5, 1, 100, 1, 3, 1, 1);
    pool.giveBack([chunk], 30, 60);
    expect(pool.take(390).bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a chunk that was not given back is never handed out again', () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(390), pool.take(390), pool.take(210)];
    expect(new Set(chunks).size).toBe(3);
  });

  it('half days and whole ones have chunks of their own length', () => {
    const pool = new ChunkPool();
    pool.giveBack([full(pool, 390)], 0, 390);
    pool.giveBack([full(pool, 210)], 0, 210);
    expect([pool.take(210).slotCount, pool.take(390).slotCount, pool.take(1).slotCount]).toEqual([210, 390, 1]);
  });
});
