import { DayChunk, ORIGIN_CODES, RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { seeded } from '../../../../test/support/data/seeded.js';
import { BarColumns, barOfRow } from './columns.js';

const SLOTS = 50;

/** Open times of an invented day: one slot per ms. */
function opensOf(day: number): Float64Array {
  return Float64Array.from({ length: SLOTS }, (_, slot) => day * 1_000 + slot);
}

/** Records of a day in which only these slots have a bar. The close price tells the slot: `price` plus hundredths. */
function recordsOf(slots: Iterable<number>, price: number): Uint8Array {
  const chunk = new DayChunk(SLOTS);
  const [dataset, sourceCount, expectedCount] = [3, 4, 5];
  for (const slot of slots) {
    const [high, low, close, volume] = [price + 1, price - 1, price + slot / 100, slot];
    chunk.write(slot, price, high, low, close, volume, ORIGIN_CODES.backfilled, dataset, sourceCount, expectedCount);
  }
  return chunk.bytes.subarray(recordOffset(SLOTS, 0));
}

/** Open time and close price of each row. */
const rowsOf = (columns: BarColumns) =>
  Array.from({ length: columns.count }, (_, i) => barOfRow(columns.rows, columns.first + i, 0)).map(
    ({ openTime, close }) => [openTime, close],
  );

test('holds the stored bars in time order, with every field of their records', () => {
  const columns = new BarColumns();
  columns.append(opensOf(1), recordsOf([3, 7, 8], 10), 0, SLOTS);
  columns.append(opensOf(2), recordsOf([0], 20).subarray(0, 2 * RECORD_BYTES), 0, SLOTS); // records at the end are missing
  expect(rowsOf(columns)).toEqual([
    [1_003, 10.03],
    [1_007, 10.07],
    [1_008, 10.08],
    [2_000, 20],
  ]);
  expect(barOfRow(columns.rows, 1, 1_008)).toEqual({
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

test('rows are found by open time', () => {
  const columns = new BarColumns();
  columns.append(opensOf(0), recordsOf([3, 7, 8], 10), 0, SLOTS);
  expect([0, 3, 4, 8, 9].map((time) => columns.rowFrom(time))).toEqual([0, 0, 1, 2, 3]);
});

test('equals a plain list after days are appended, replaced and dropped in any order', () => {
  const random = seeded(9);
  const columns = new BarColumns(4);
  let plain: [openTime: number, close: number][] = [];
  let lastDay = -1;
  let firstDay = 0;
  for (let change = 0; change < 400; change++) {
    const isNewDay = lastDay < 0 || random.chance(0.2);
    if (isNewDay) lastDay++;
    const day = isNewDay ? lastDay : random.int(firstDay, lastDay + 1);
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter(() => random.chance(0.4));
    const { generation } = columns;
    if (isNewDay && random.chance(0.5)) {
      // Appended twice, as after a read that was cut off.
      columns.append(opensOf(day), recordsOf([1, 2], -1), 0, SLOTS);
      columns.append(opensOf(day), recordsOf(slots, change), 0, SLOTS);
    } else {
      const rows = new BarColumns();
      rows.append(opensOf(day), recordsOf(slots, change), 0, SLOTS);
      columns.replace(day * 1_000, day * 1_000 + SLOTS, rows);
      expect(columns.generation).not.toBe(generation);
    }
    plain = plain.filter(([time]) => Math.floor(time / 1_000) !== day);
    plain.push(...slots.map((slot): [number, number] => [day * 1_000 + slot, change + slot / 100]));
    plain.sort(([a], [b]) => a - b);
    if (lastDay - firstDay > 6) {
      firstDay++;
      columns.dropBefore(firstDay * 1_000);
      plain = plain.filter(([time]) => time >= firstDay * 1_000);
    }
    expect(rowsOf(columns)).toEqual(plain);
    const shown = random.int(0, plain.length + 1);
    expect([...columns.closesOf(columns.end - shown, columns.end)]).toEqual(
      plain.slice(plain.length - shown).map(([, close]) => close),
    );
  }
  // Dropped days do not use memory: at most 8 days are held at once, and the memory at most doubles.
  expect(columns.capacity).toBeLessThan(2 * 8 * SLOTS);
});

test('an append drops the rows of its first slot and later', () => {
  const columns = new BarColumns();
  columns.append(opensOf(1), recordsOf([3, 7], 10), 0, SLOTS);
  columns.append(opensOf(2), recordsOf([0, 9], 20), 0, SLOTS);
  const fromSlot = 5; // slot 3 of day 1 stays; slot 7 of day 1 and all of day 2 are dropped
  columns.append(opensOf(1), recordsOf([8], 30).subarray(RECORD_BYTES * fromSlot), fromSlot, SLOTS);
  expect(rowsOf(columns)).toEqual([
    [1_003, 10.03],
    [1_008, 30.08],
  ]);
  columns.append(opensOf(1), new Uint8Array(0), 0, SLOTS); // no records
  expect(rowsOf(columns)).toEqual([]);
});
