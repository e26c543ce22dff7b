/** I5 is an invariant of docs/ARCHITECTURE.md. */
import { pictureOf, randomBitmap } from '../../../test/support/data/bitmaps.js';
import { seeded } from '../../../test/support/data/seeded.js';
import type { Bar, BarOrigin } from './bar.js';
import { calendarNamed } from './calendar/index.js';
import {
  bitmapBytes,
  chunkBytes,
  ChunkLengthError,
  countBits,
  DayChunk,
  ORIGIN_CODES,
  RECORD_BYTES,
  recordOffset,
} from './chunk.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, parseInterval('1m'));
const SLOTS = grid.slotCount; // 390
/** A bar whose values tell its slot. */
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
    // The bitmap has one bit for each slot, and a multiple of 8 bytes; each record has 48 bytes.
    [1, 8, 56],
    [64, 8, 3_080],
    [65, 16, 3_136],
    [390, 56, 18_776],
    [1_440, 184, 69_304],
  ])('a chunk of %d slots has a bitmap of %d bytes, and %d bytes in all', (slots, bitmap, all) => {
    expect(bitmapBytes(slots)).toBe(bitmap);
    expect(chunkBytes(slots)).toBe(all);
    expect(recordOffset(slots, slots)).toBe(all);
    expect(recordOffset(slots, 1) - recordOffset(slots, 0)).toBe(RECORD_BYTES);
  });

  it('-0 is written as 0, so that equal bars make equal bytes', () => {
    const [zero, negative] = [0, -0].map((value) => {
      const chunk = new DayChunk(1);
      // Into slot 0, of dataset 0, and one bar of one that is expected.
      chunk.write(0, value, value, value, value, value, ORIGIN_CODES.streamed, 0, 1, 1);
      return chunk.bytes;
    });
    expect(negative).toEqual(zero);
  });

  it('slot 0 is the most significant bit of byte 0', () => {
    const chunk = new DayChunk(SLOTS);
    for (const slot of [0, 9, 389]) chunk.writeBar(slot, barAt(slot), 'streamed', 0);
    expect(chunk.bytes[0]).toBe(0b1000_0000);
    expect(chunk.bytes[1]).toBe(0b0100_0000); // slots 8 to 15
    expect(chunk.bytes[48]).toBe(0b0000_0100); // slots 384 to 391
  });

  it('a record is five little-endian doubles, then origin, zero, dataset, source and expected count', () => {
    const chunk = new DayChunk(SLOTS);
    const [open, high, low, close, volume] = [1.5, 4.5, 0.5, 2.5, 1e15];
    const [dataset, sourceCount, expectedCount] = [258, 299, 390];
    chunk.write(7, open, high, low, close, volume, ORIGIN_CODES.derived, dataset, sourceCount, expectedCount);
    const offset = recordOffset(SLOTS, 7);
    const view = new DataView(chunk.bytes.buffer, offset, RECORD_BYTES);
    const doubles = [0, 8, 16, 24, 32].map((at) => view.getFloat64(at, true));
    expect(doubles).toEqual([open, high, low, close, volume]);
    expect([view.getUint8(40), view.getUint8(41)]).toEqual([3, 0]); // 3 is the code of `derived`
    const shorts = [42, 44, 46].map((at) => view.getUint16(at, true));
    expect(shorts).toEqual([dataset, sourceCount, expectedCount]);
    expect(Buffer.from(chunk.record(7))).toEqual(Buffer.from(chunk.bytes.subarray(offset, offset + RECORD_BYTES)));
  });

  it('an empty slot is zeros, so that equal bars make equal bytes in any order of writes', () => {
    const [forwards, backwards] = [new DayChunk(SLOTS), new DayChunk(SLOTS)];
    const everyThird = Array.from({ length: SLOTS / 3 }, (_, i) => 3 * i);
    for (const slot of everyThird) forwards.writeBar(slot, barAt(slot), 'streamed', 0);
    for (const slot of everyThird.toReversed()) backwards.writeBar(slot, barAt(slot), 'streamed', 0);
    expect(Buffer.compare(forwards.bytes, backwards.bytes)).toBe(0);
    expect(Uint8Array.from(forwards.record(1))).toEqual(new Uint8Array(RECORD_BYTES));
  });

  it('bytes of another length are refused with both lengths', () => {
    const tooShort = new Uint8Array(18_775);
    expect(() => new DayChunk(SLOTS, tooShort)).toThrow(ChunkLengthError);
    expect(() => new DayChunk(SLOTS, tooShort)).toThrow('expected 18776 bytes, was 18775');
  });
});

describe('the bars of a chunk', () => {
  const random = seeded(1);
  const origins: BarOrigin[] = ['streamed', 'backfilled', 'derived', 'historical'];
  const written = Array.from({ length: SLOTS }, (_, slot) => slot)
    .filter(() => random.chance(0.7))
    .map((slot) => ({ slot, origin: random.pick(origins), dataset: random.int(0, 65_536) }));
  const chunk = new DayChunk(SLOTS);
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

  it('a chunk of the same bytes has the same bars, also at an odd offset, as in a reply from Redis', () => {
    const reply = new Uint8Array(chunk.bytes.length + 3);
    reply.set(chunk.bytes, 3);
    expect(new DayChunk(SLOTS, reply.subarray(3)).bars(grid)).toEqual(chunk.bars(grid));
  });

  it('a range of slots has the bars that open in it', () => {
    const [from, to] = [grid.openTime(100), grid.openTime(200)];
    const inRange = chunk.bars(grid).filter(({ openTime }) => openTime >= from && openTime < to);
    expect(chunk.bars(grid, 100, 200)).toEqual(inRange);
  });

  it('a slot that is written again has the last values', () => {
    const rewritten = new DayChunk(SLOTS, Uint8Array.from(chunk.bytes));
    const { slot } = written[5]!;
    const close = 9.8 + slot;
    rewritten.writeBar(slot, { ...barAt(slot), close }, 'backfilled', 2);
    expect(rewritten.bar(slot, grid)).toMatchObject({ close, origin: 'backfilled', dataset: 2 });
    expect(rewritten.count()).toBe(written.length);
  });

  it('cleared slots are zeros again, and other slots keep their bars', () => {
    const randomEnds = seeded(13);
    for (let round = 0; round < 30; round++) {
      const ends = [randomEnds.int(0, SLOTS), randomEnds.int(0, SLOTS + 1)];
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      const cleared = new DayChunk(SLOTS, Uint8Array.from(chunk.bytes));
      cleared.clear(from, to);
      expect(cleared.bars(grid)).toEqual([...chunk.bars(grid, 0, from), ...chunk.bars(grid, to)]);
      const clearedBytes = cleared.bytes.subarray(recordOffset(SLOTS, from), recordOffset(SLOTS, to));
      expect(clearedBytes.every((byte) => byte === 0)).toBe(true);
    }
  });

  it('I5 a derived bar has the number of its base bars, and is complete only when it has all of them', () => {
    const derived = new DayChunk(3);
    writeDerived(derived, 0, 389, 390);
    writeDerived(derived, 1, 390, 390);
    const [partial, complete] = derived.bars(grid);
    expect(partial).toMatchObject({ sourceCount: 389, expectedCount: 390, complete: false });
    expect(complete).toMatchObject({ sourceCount: 390, expectedCount: 390, complete: true });
    expect([0, 1, 2].map((slot) => derived.sourceCount(slot))).toEqual([389, 390, 0]);
  });

  it('the counts can hold 1,440 base bars, a whole day of 24/7', () => {
    const derived = new DayChunk(1);
    writeDerived(derived, 0, 1_440, 1_440);
    expect(derived.bar(0, grid)).toMatchObject({ sourceCount: 1_440, expectedCount: 1_440, complete: true });
  });
});

/** Writes a derived bar, whose prices and volume do not matter. */
function writeDerived(chunk: DayChunk, slot: number, sourceCount: number, expectedCount: number): void {
  chunk.write(slot, 1, 1, 1, 1, 1, ORIGIN_CODES.derived, 0, sourceCount, expectedCount);
}

describe('counting bits', () => {
  it('the count in random ranges of random bitmaps is that of a check of every slot', () => {
    const random = seeded(2);
    for (let round = 0; round < 300; round++) {
      const slots = random.int(1, 200);
      const bitmap = randomBitmap(slots, random);
      const from = random.int(0, slots);
      const to = random.int(from, slots + 1);
      const expected = pictureOf(bitmap, from, to).replaceAll('.', '').length;
      expect([from, to, countBits(bitmap, from, to)]).toEqual([from, to, expected]);
    }
  });
});
