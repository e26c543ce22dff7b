/** Compares a day chunk, which holds bars as bytes, with a plain map after the same generated operations. */
import fc from 'fast-check';
import { DayChunk } from '@barkeep/bars';
import { check } from '../support/data/generated.js';

/** Slots of a regular day of one-minute bars. */
const SLOTS = 390;
/** The size of a stored record in doubles: five values, and eight bytes of origin and counts. */
const RECORD_DOUBLES = 6;

/** Open, high, low, close and volume. */
type FiveValues = [number, number, number, number, number];
/** Writes a bar into a slot, or clears the slots `[from, to)`. */
type Operation = { slot: number; values: FiveValues } | { from: number; to: number };

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const write = fc.record({ slot: fc.nat(SLOTS - 1), values: fc.tuple(finite, finite, finite, finite, finite) });
const clear = fc
  .tuple(fc.nat(SLOTS), fc.nat(SLOTS))
  .map(([one, other]) => ({ from: Math.min(one, other), to: Math.max(one, other) }));
const operations: fc.Arbitrary<Operation[]> = fc.array(fc.oneof(write, clear), { maxLength: 60 });

function applyToChunk(chunk: DayChunk, operation: Operation): void {
  if ('from' in operation) return chunk.clear(operation.from, operation.to);
  const [open, high, low, close, volume] = operation.values;
  chunk.writeBar(operation.slot, { openTime: 0, open, high, low, close, volume }, 'streamed', 2);
}

function applyToMap(map: Map<number, number[]>, operation: Operation): void {
  if ('from' in operation) {
    for (let slot = operation.from; slot < operation.to; slot++) map.delete(slot);
    return;
  }
  const stored = operation.values.map((value) => value + 0); // turns -0 into 0, as the chunk does
  map.set(operation.slot, stored);
}

/** The filled slots of a chunk, and their values. */
function barsIn(chunk: DayChunk): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let slot = 0; slot < SLOTS; slot++) {
    const at = chunk.firstDouble + slot * RECORD_DOUBLES;
    if (chunk.has(slot)) found.set(slot, [...chunk.doubles.subarray(at, at + 5)]);
  }
  return found;
}

test('a day chunk holds the same bars as a plain map of slots', () => {
  check(
    fc.property(operations, (sequence) => {
      const chunk = new DayChunk(SLOTS);
      const map = new Map<number, number[]>();
      for (const operation of sequence) {
        applyToChunk(chunk, operation);
        applyToMap(map, operation);
      }
      // The bytes begin at an offset that is no multiple of eight, as those of a reply of Redis may.
      const reread = new DayChunk(SLOTS, Buffer.concat([Buffer.alloc(3), chunk.bytes]).subarray(3));
      expect(barsIn(reread)).toEqual(map);
      expect(reread.count()).toBe(map.size);
    }),
  );
});
