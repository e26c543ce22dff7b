import { ChunkPool } from './window-read.js';

const full = (pool: ChunkPool, slotCount: number) => {
  const chunk = pool.take(slotCount);
  for (let slot = 0; slot < slotCount; slot++) chunk.write(slot, 1, 2, 0.5, 1, 100, 1, 3, 1, 1);
  return chunk;
};

describe('the pool of chunks', () => {
  it('I1 a reused chunk is empty, so that no bar of an earlier window reaches the store', () => {
    const pool = new ChunkPool();
    const first = full(pool, 390);
    pool.giveBack([first], 0, 390);
    const second = pool.take(390);
    expect(second).toBe(first);
    expect(second.bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('a chunk of a window that is a part of the day is cleared in that part', () => {
    const pool = new ChunkPool();
    const chunk = pool.take(390);
    for (let slot = 30; slot < 60; slot++) chunk.write(slot, 1, 2, 0.5, 1, 100, 1, 3, 1, 1);
    pool.giveBack([chunk], 30, 60);
    expect(pool.take(390).bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('I1 a caller that writes all bytes gets a chunk as it was left, and the next caller gets it empty', () => {
    const pool = new ChunkPool();
    const chunk = full(pool, 390);
    pool.giveBack([chunk], 0, 390);
    expect(pool.takeToOverwrite(390)).toBe(chunk);
    expect(chunk.count()).toBe(390);
    pool.giveBack([chunk], 0, 390);
    expect(pool.take(390).bytes.every((byte) => byte === 0)).toBe(true);
    expect(pool.takeToOverwrite(390).count()).toBe(0);
  });

  it('a chunk that was not returned is never handed out again', () => {
    const pool = new ChunkPool();
    const chunks = [pool.take(390), pool.take(390), pool.take(210)];
    expect(new Set(chunks).size).toBe(3);
  });

  it('keeps no more than its bound, and space that was taken can be filled again', () => {
    const pool = new ChunkPool(2 * full(new ChunkPool(), 390).bytes.length);
    const chunks = [pool.take(390), pool.take(390), pool.take(390)];
    pool.giveBack(chunks, 0, 390);
    const again = [pool.take(390), pool.take(390), pool.take(390)];
    expect(again.filter((chunk) => chunks.includes(chunk))).toHaveLength(2);
    pool.giveBack(again.slice(0, 1), 0, 390);
    expect(pool.take(390)).toBe(again[0]);
  });

  it('chunks of another length are dropped for those that are used now', () => {
    const pool = new ChunkPool(full(new ChunkPool(), 390).bytes.length);
    const [old, now] = [pool.take(390), pool.take(210)];
    pool.giveBack([old], 0, 390);
    pool.giveBack([now], 0, 210);
    expect(pool.take(210)).toBe(now);
    expect(pool.take(390)).not.toBe(old);
  });

  it('half days and whole days have chunks of their own lengths', () => {
    const pool = new ChunkPool();
    pool.giveBack([full(pool, 390)], 0, 390);
    pool.giveBack([full(pool, 210)], 0, 210);
    expect([pool.take(210).slotCount, pool.take(390).slotCount, pool.take(1).slotCount]).toEqual([210, 390, 1]);
  });
});
