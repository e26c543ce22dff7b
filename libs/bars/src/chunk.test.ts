import { seeded } from '../../../test/support/data/seeded.js';
import type { Bar, BarOrigin } from './bar.js';
import { calendarNamed } from './calendar/index.js';
import {
  bitmapBytes,
  chunkBytes,
  ChunkLengthError,
  countBits,
  DayChunk,
  hasBit,
  ORIGIN_CODES,
  RECORD_BYTES,
  recordOffset,
} from './chunk.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, parseInterval('1m'));
const barAt = (slot: number): Bar => ({
  openTime: grid.openTime(slot),
  open: 10.25 + slot,
  high: 11.5 + slot,
  low: 9.75 + slot,
  close: 10 + slot,
  volume: 1_000.125 * slot,
});

describe('the layout of a day chunk', () => {
  it.each([
    // slots, bytes of the bitmap (one bit per slot, a multiple of 8), bytes of the bitmap and 48 for each slot
    [1, 8, 56],
    [64, 8, 3_080],
    [65, 16, 3_136],
    [390, 56, 18_776],
    [1_440, 184, 69_304],
  ])('%d slots: a bitmap of %d bytes, %d in all', (slots, bitmap, all) => {
    expect(bitmapBytes(slots)).toBe(bitmap);
    expect(chunkBytes(slots)).toBe(all);
    expect(recordOffset(slots, slots)).toBe(all);
    expect(recordOffset(slots, 1) - recordOffset(slots, 0)).toBe(RECORD_BYTES);
  });

  it('-0 is written as 0, so that equal bars make equal bytes', () => {
    const [zero, negative] = [0, -0].map((value) => {
      const chunk = new DayChunk(1);
      chunk.write(0, value, value, value, value, value, ORIGIN_CODES.streamed, 0, 1, 1);
      return chunk.bytes;
    });
    expect(negative).toEqual(zero);
  });

  it('slot 0 is the most significant bit of byte 0', () => {
    const chunk = new DayChunk(390);
    for (const slot of [0, 9, 389]) chunk.writeBar(slot, barAt(slot), 'streamed', 0);
    const [slot0, slot9, slot389] = [chunk.bytes[0], chunk.bytes[1], chunk.bytes[389 >> 3]];
    expect([slot0, slot9, slot389]).toEqual([0b1000_0000, 0b0100_0000, 0b0000_0100]);
  });

  it('a record is five little-endian doubles, then origin, zero, dataset, source and expected count', () => {
    const chunk = new DayChunk(390);
    chunk.write(7, 1.5, 4.5, 0.5, 2.5, 1e15, ORIGIN_CODES.derived, 258, 299, 390);
    const view = new DataView(chunk.bytes.buffer, recordOffset(390, 7), RECORD_BYTES);
    expect([0, 8, 16, 24, 32].map((at) => view.getFloat64(at, true))).toEqual([1.5, 4.5, 0.5, 2.5, 1e15]);
    expect([view.getUint8(40), view.getUint8(41)]).toEqual([3, 0]);
    expect([42, 44, 46].map((at) => view.getUint16(at, true))).toEqual([258, 299, 390]);
    expect(Buffer.from(chunk.record(7))).toEqual(
      Buffer.from(chunk.bytes.subarray(view.byteOffset, view.byteOffset + 48)),
    );
  });

  it('an empty slot is zeros, so that equal bars make equal bytes in any order of writes', () => {
    const [forwards, backwards] = [new DayChunk(390), new DayChunk(390)];
    for (let slot = 0; slot < 390; slot += 3) forwards.writeBar(slot, barAt(slot), 'streamed', 0);
    for (let slot = 387; slot >= 0; slot -= 3) backwards.writeBar(slot, barAt(slot), 'streamed', 0);
    expect(Buffer.compare(forwards.bytes, backwards.bytes)).toBe(0);
    expect(new Uint8Array(RECORD_BYTES)).toEqual(Uint8Array.from(forwards.record(1)));
  });

  it('bytes of another length are refused with both lengths', () => {
    expect(() => new DayChunk(390, new Uint8Array(18_775))).toThrow(ChunkLengthError);
    expect(() => new DayChunk(390, new Uint8Array(18_775))).toThrow('expected 18776 bytes, was 18775');
  });
});

describe('bars in and out of a chunk', () => {
  const random = seeded(1);
  const origins: BarOrigin[] = ['streamed', 'backfilled', 'derived', 'historical'];
  const written = Array.from({ length: 390 }, (_, slot) => slot)
    .filter(() => random.chance(0.7))
    .map((slot) => ({ slot, origin: random.pick(origins), dataset: random.int(0, 65_536) }));
  const chunk = new DayChunk(390);
  for (const { slot, origin, dataset } of written) chunk.writeBar(slot, barAt(slot), origin, dataset);

  it('every bar comes back as it was written, oldest first, and empty slots give none', () => {
    expect(chunk.bars(grid)).toEqual(
      written.map(({ slot, origin, dataset }) => ({
        ...barAt(slot),
        closeTime: grid.closeTime(slot),
        origin,
        dataset,
        sourceCount: 1,
        expectedCount: 1,
        complete: true,
      })),
    );
    expect(chunk.count()).toBe(written.length);
  });

  it('a chunk of the same bytes has the same bars, also at an odd offset, as in a reply from Redis, and in a range of slots', () => {
    const reply = new Uint8Array(chunk.bytes.length + 3);
    reply.set(chunk.bytes, 3);
    expect(new DayChunk(390, reply.subarray(3)).bars(grid)).toEqual(chunk.bars(grid));
    expect(new DayChunk(390, chunk.bytes).bars(grid, 100, 200)).toEqual(
      chunk.bars(grid).filter(({ openTime }) => openTime >= grid.openTime(100) && openTime < grid.openTime(200)),
    );
  });

  it('a slot that is written again has the last values', () => {
    const rewritten = new DayChunk(390, Uint8Array.from(chunk.bytes));
    const { slot } = written[5]!;
    rewritten.writeBar(slot, { ...barAt(slot), close: 9.8 + slot }, 'backfilled', 2);
    expect(rewritten.bar(slot, grid)).toMatchObject({ close: 9.8 + slot, origin: 'backfilled', dataset: 2 });
    expect(rewritten.count()).toBe(written.length);
  });

  it('cleared slots are zeros again, and other slots keep their bars', () => {
    const ranges = seeded(13);
    for (let round = 0; round < 30; round++) {
      const [from, to] = [ranges.int(0, 390), ranges.int(0, 391)].sort((a, b) => a - b) as [number, number];
      const cleared = new DayChunk(390, Uint8Array.from(chunk.bytes));
      cleared.clear(from, to);
      expect(cleared.bars(grid)).toEqual([...chunk.bars(grid, 0, from), ...chunk.bars(grid, to)]);
      expect(cleared.bytes.subarray(recordOffset(390, from), recordOffset(390, to)).every((byte) => byte === 0)).toBe(
        true,
      );
    }
  });

  it('I5 a derived bar has the number of its base bars, and is complete only when it has all of them', () => {
    const derived = new DayChunk(390);
    derived.write(0, 1, 1, 1, 1, 1, ORIGIN_CODES.derived, 0, 389, 390);
    derived.write(1, 1, 1, 1, 1, 1, ORIGIN_CODES.derived, 0, 390, 390);
    const [partial, whole] = derived.bars(grid);
    expect(partial).toMatchObject({ sourceCount: 389, expectedCount: 390, complete: false });
    expect(whole).toMatchObject({ sourceCount: 390, expectedCount: 390, complete: true });
    expect([derived.sourceCount(0), derived.sourceCount(2)]).toEqual([389, 0]);
  });

  it('the counts can hold 1,440 base bars, a whole day of 24/7', () => {
    const derived = new DayChunk(1);
    derived.write(0, 1, 1, 1, 1, 1, ORIGIN_CODES.derived, 0, 1_440, 1_440);
    expect(derived.bar(0, grid)).toMatchObject({ sourceCount: 1_440, expectedCount: 1_440, complete: true });
  });
});

describe('counting bits', () => {
  it('random ranges of random bitmaps have the count that a check of every slot finds', () => {
    const random = seeded(2);
    for (let round = 0; round < 300; round++) {
      const slots = random.int(1, 200);
      const bitmap = new Uint8Array(bitmapBytes(slots));
      for (let byte = 0; byte < bitmap.length; byte++) bitmap[byte] = random.pick([0, 0xff, random.int(0, 256)]);
      const from = random.int(0, slots);
      const to = random.int(from, slots + 1);
      let expected = 0;
      for (let slot = from; slot < to; slot++) if (hasBit(bitmap, slot)) expected++;
      expect([from, to, countBits(bitmap, from, to)]).toEqual([from, to, expected]);
    }
  });
});
