import { DayChunk, ORIGIN_CODES, RECORD_BYTES, recordOffset } from '@barkeep/bars';
import { seeded } from '../../../../test/support/data/seeded.js';
import { BarColumns, barOfRow } from './columns.js';

const SLOTS = 50;

/** The open time of a slot of an invented day: a day begins every second, a slot every millisecond. */
const openOf = (day: number, slot: number) => day * 1_000 + slot;
const opensOf = (day: number) => Float64Array.from({ length: SLOTS }, (_, slot) => openOf(day, slot));

/** The close of a slot in {@link recordsOf}. */
const closeOf = (slot: number, price: number) => price + slot / 100;

/** Records of a day in which only these slots have a bar. */
function recordsOf(slots: Iterable<number>, price: number): Uint8Array {
  const chunk = new DayChunk(SLOTS);
  const [dataset, sourceCount, expectedCount] = [3, 4, 5];
  for (const slot of slots) {
    const [high, low, close, volume] = [price + 1, price - 1, closeOf(slot, price), slot];
    chunk.write(slot, price, high, low, close, volume, ORIGIN_CODES.backfilled, dataset, sourceCount, expectedCount);
  }
  return chunk.bytes.subarray(recordOffset(SLOTS, 0));
}

type PlainRow = [openTime: number, close: number];

/** The open time and the close of each row. */
function rowsOf(columns: BarColumns): PlainRow[] {
  return Array.from({ length: columns.count }, (_, i) => {
    const { openTime, close } = barOfRow(columns.rows, columns.first + i, 0); // the close time does not matter
    return [openTime, close];
  });
}

test('rows are the stored bars in time order, with every field of their records', () => {
  const columns = new BarColumns();
  columns.append(opensOf(1), recordsOf([3, 7, 8], 10), 0, SLOTS);
  const onlyTwoRecords = recordsOf([0], 20).subarray(0, 2 * RECORD_BYTES); // the later slots were never written
  columns.append(opensOf(2), onlyTwoRecords, 0, SLOTS);
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

test('rows equal a plain list after days are appended, replaced and dropped in any order', () => {
  const random = seeded(9);
  const columns = new BarColumns(4); // room for 4 rows, so that it must grow
  let plain: PlainRow[] = [];
  const [KEPT_DAYS, CHANGES] = [7, 400];
  let firstDay = 0;
  let lastDay = -1;
  for (let change = 0; change < CHANGES; change++) {
    const isNewDay = lastDay < 0 || random.chance(0.2);
    if (isNewDay) lastDay++;
    const day = isNewDay ? lastDay : random.int(firstDay, lastDay + 1);
    const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter(() => random.chance(0.4));
    if (isNewDay && random.chance(0.5)) {
      const replaced = recordsOf([1, 2], -1); // the next append begins at the same slot
      columns.append(opensOf(day), replaced, 0, SLOTS);
      columns.append(opensOf(day), recordsOf(slots, change), 0, SLOTS);
    } else {
      const { generation } = columns;
      const newRows = new BarColumns();
      newRows.append(opensOf(day), recordsOf(slots, change), 0, SLOTS);
      columns.replace(openOf(day, 0), openOf(day, SLOTS), newRows);
      expect(columns.generation).not.toBe(generation);
    }
    plain = plain.filter(([time]) => Math.floor(time / 1_000) !== day);
    plain.push(...slots.map((slot): PlainRow => [openOf(day, slot), closeOf(slot, change)]));
    plain.sort(([a], [b]) => a - b);
    if (lastDay - firstDay >= KEPT_DAYS) {
      firstDay++;
      columns.dropBefore(openOf(firstDay, 0));
      plain = plain.filter(([time]) => time >= openOf(firstDay, 0));
    }
    expect(rowsOf(columns)).toEqual(plain);
    const shown = random.int(0, plain.length + 1);
    const lastCloses = plain.slice(plain.length - shown).map(([, close]) => close);
    expect([...columns.closesOf(columns.end - shown, columns.end)]).toEqual(lastCloses);
  }
  // Dropped days do not use memory: at most 8 days are held at once, and the memory grows by doubling.
  expect(columns.capacity).toBeLessThan(2 * (KEPT_DAYS + 1) * SLOTS);
});

test('an append drops the rows of its first slot and later', () => {
  const columns = new BarColumns();
  columns.append(opensOf(1), recordsOf([3, 7], 10), 0, SLOTS);
  columns.append(opensOf(2), recordsOf([0, 9], 20), 0, SLOTS);
  const fromSlot = 5; // slot 3 of day 1 stays; slot 7 of day 1 and all of day 2 are dropped
  const records = recordsOf([8], 30).subarray(fromSlot * RECORD_BYTES);
  columns.append(opensOf(1), records, fromSlot, SLOTS);
  expect(rowsOf(columns)).toEqual([
    [1_003, 10.03],
    [1_008, 30.08],
  ]);
  const noRecords = new Uint8Array(0);
  columns.append(opensOf(1), noRecords, 0, SLOTS);
  expect(rowsOf(columns)).toEqual([]);
});
