import { DayChunk, recordOffset } from '@barkeep/bars';
import { seeded } from '../../../../test/support/seeded.js';
import { BarColumns } from './columns.js';
import type { SlotTimes } from './slot-times.js';

const SLOTS = 50;

/** Times of a made-up day: slots of one ms. */
function timesOf(day: number): SlotTimes {
  const opens = Float64Array.from({ length: SLOTS }, (_, slot) => day * 1_000 + slot);
  return { opens, closes: opens.map((open) => open + 1) };
}

/** Records of a day in which only these slots have a bar. */
function recordsOf(slots: Iterable<number>, price: number): Uint8Array {
  const chunk = new DayChunk(SLOTS);
  for (const slot of slots) chunk.write(slot, price, price + 1, price - 1, price + slot / 100, slot, 2, 3, 4, 5);
  return chunk.bytes.subarray(recordOffset(SLOTS, 0));
}

const rowsOf = (columns: BarColumns) =>
  Array.from({ length: columns.count }, (_, i) => columns.bar(columns.first + i)).map(({ openTime, close }) => [
    openTime,
    close,
  ]);

test('holds the bars that are there, in time order, with all that a record says', () => {
  const columns = new BarColumns();
  columns.append(timesOf(1), recordsOf([3, 7, 8], 10), 0, SLOTS);
  columns.append(timesOf(2), recordsOf([0], 20).subarray(0, 96), 0, SLOTS);
  expect(rowsOf(columns)).toEqual([
    [1_003, 10.03],
    [1_007, 10.07],
    [1_008, 10.08],
    [2_000, 20],
  ]);
  expect(columns.bar(1)).toEqual({
    openTime: 1_007,
    closeTime: 1_008,
    open: 10,
    high: 11,
    low: 9,
    close: 10.07,
    volume: 7,
    origin: 'backfilled',
    dataset: 3,
    sourceCount: 4,
    expectedCount: 5,
    complete: false,
  });
});

test('rows are found by open time and by close time', () => {
  const columns = new BarColumns();
  columns.append(timesOf(0), recordsOf([3, 7, 8], 10), 0, SLOTS);
  expect([0, 3, 4, 8, 9].map((time) => columns.rowFrom(time))).toEqual([0, 0, 1, 2, 3]);
  expect([0, 3, 4, 8, 9].map((time) => columns.rowsClosedBy(time))).toEqual([0, 0, 1, 2, 3]);
});

test('replacing a day and dropping old ones leave what a plain list has, in any order', () => {
  const random = seeded(9);
  const columns = new BarColumns(4);
  let plain: number[][] = [];
  let last = -1;
  let dropped = 0;
  for (let n = 0; n < 400; n++) {
    const isNew = last < 0 || random.chance(0.2);
    const day = isNew ? ++last : random.int(dropped, last + 1);
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter(() => random.chance(0.4));
    const rows = new BarColumns();
    rows.append(timesOf(day), recordsOf(slots, n), 0, SLOTS);
    const { generation } = columns;
    columns.replace(day * 1_000, day * 1_000 + SLOTS, rows);
    expect(columns.generation).not.toBe(generation);
    plain = plain.filter(([time]) => Math.floor(time! / 1_000) !== day);
    plain.push(...slots.map((slot) => [day * 1_000 + slot, n + slot / 100]));
    plain.sort(([a], [b]) => a! - b!);
    if (last - dropped > 6) {
      columns.dropBefore(++dropped * 1_000);
      plain = plain.filter(([time]) => time! >= dropped * 1_000);
    }
    expect(rowsOf(columns)).toEqual(plain);
  }
  // Memory does not grow with what was dropped.
  expect(columns.closes.length).toBeLessThan(8 * SLOTS * 2);
});
