/**
 * The bars of one symbol at one interval as rows of numbers, in time order, without empty slots. A row is the open time and the
 * stored record of a bar; the close time comes from the calendar (slot-clock.ts). Rows `[first, end)` are in use. They are appended
 * at the end, dropped at the front and replaced by day in the middle. A row may move to another index only when
 * {@link BarColumns.generation} changes. Rows that were shown never change in place: a change writes to new memory, so a caller
 * that keeps {@link BarColumns.rows} keeps the old bars. The caller decides which rows are visible. Does no I/O.
 */
import { RECORD_BYTES, type BarOrigin, type ShownBar } from '@barkeep/bars';

/** Doubles in a record: open, high, low, close, volume; the sixth is two words of four bytes. */
const RECORD_DOUBLES = RECORD_BYTES / 8;
/** Doubles in a row: the open time, then those of the bar's record. */
export const ROW_DOUBLES = 1 + RECORD_DOUBLES;
export const ROW_BYTES = 8 * ROW_DOUBLES;
const ROW_WORDS = 2 * ROW_DOUBLES;
/** Offset of the close in a row, in doubles. */
const CLOSE_DOUBLE = 4;
/** Offset in a row, in words, of the word with the origin in its lowest byte and the dataset in its upper half. */
const META_WORD = ROW_WORDS - 2;
/** Offset in a row, in words, of the word with `sourceCount` in its lower half and `expectedCount` in its upper half. */
const COUNTS_WORD = ROW_WORDS - 1;
/** Offsets of these words in a record, which lacks the two words of the open time. */
const RECORD_META_WORD = META_WORD - 2;
const RECORD_COUNTS_WORD = COUNTS_WORD - 2;
/** The origins by their code in a record. Code 0 is an empty slot, which has no row. */
const ORIGINS: readonly (BarOrigin | undefined)[] = [undefined, 'streamed', 'backfilled', 'derived', 'historical'];

/** Bytes of memory per bar: its row, and a copy of its close price for {@link BarColumns.closesOf}. */
export const COLUMN_BYTES = ROW_BYTES + 8;

/** Rows one after another, as doubles and as words of four bytes: two views of the same memory. Double `i` begins at word `2 * i`. */
export interface RowMemory {
  doubles: Float64Array;
  words: Uint32Array;
}

/** @param size in doubles; all are zero */
function rowMemory(size: number): RowMemory {
  const doubles = new Float64Array(size);
  return { doubles, words: new Uint32Array(doubles.buffer) };
}

/** Records are copied here first, because they may start at an offset that is not a multiple of eight bytes. Grows when needed. */
let scratch = scratchOf(512);

function scratchOf(slots: number) {
  const doubles = new Float64Array(slots * RECORD_DOUBLES);
  return { slots, doubles, bytes: new Uint8Array(doubles.buffer), words: new Uint32Array(doubles.buffer) };
}

/** Copies a row to other memory; `from` and `to` in doubles. Copies the words as words, because as a double they may be NaN. */
export function copyRow(
  doubles: Float64Array,
  words: Uint32Array,
  from: number,
  intoDoubles: Float64Array,
  intoWords: Uint32Array,
  to: number,
): void {
  intoDoubles[to] = doubles[from]!;
  intoDoubles[to + 1] = doubles[from + 1]!;
  intoDoubles[to + 2] = doubles[from + 2]!;
  intoDoubles[to + 3] = doubles[from + 3]!;
  intoDoubles[to + 4] = doubles[from + 4]!;
  intoDoubles[to + 5] = doubles[from + 5]!;
  intoWords[2 * to + META_WORD] = words[2 * from + META_WORD]!;
  intoWords[2 * to + COUNTS_WORD] = words[2 * from + COUNTS_WORD]!;
}

const NO_ROWS = rowMemory(0);

/** Open time of the row's bar, epoch ms. */
export function openTimeOf({ doubles }: RowMemory, row: number): number {
  return doubles[row * ROW_DOUBLES]!;
}

/** The first of rows `[from, to)` whose open time is not before `time`, epoch ms; `to` when there is none. */
export function lowerRow(rows: RowMemory, from: number, to: number, time: number): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (openTimeOf(rows, middle) < time) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The bar of a row. @param closeTime epoch ms */
export function barOfRow({ doubles, words }: RowMemory, row: number, closeTime: number): ShownBar {
  const at = row * ROW_DOUBLES;
  const meta = words[2 * at + META_WORD]!;
  const counts = words[2 * at + COUNTS_WORD]!;
  const sourceCount = counts & 0xffff;
  const expectedCount = counts >>> 16;
  return {
    openTime: doubles[at]!,
    closeTime,
    open: doubles[at + 1]!,
    high: doubles[at + 2]!,
    low: doubles[at + 3]!,
    close: doubles[at + 4]!,
    volume: doubles[at + 5]!,
    origin: ORIGINS[meta & 0xff] ?? 'streamed',
    dataset: meta >>> 16,
    sourceCount,
    expectedCount,
    complete: sourceCount === expectedCount,
  };
}

export class BarColumns {
  /** The memory. Rows `[first, end)` are in use. */
  rows: RowMemory = NO_ROWS;
  first = 0;
  end = 0;
  /** Increases when existing rows have moved or changed; appending does not change it. */
  generation = 0;
  /** Close prices of rows `[first, closesEnd)`, filled on demand. */
  private closes = NO_ROWS.doubles;
  private closesEnd = 0;

  /** @param initialCapacity in rows */
  constructor(private readonly initialCapacity = 64) {}

  /** Number of rows in use. */
  get count(): number {
    return this.end - this.first;
  }

  /** Number of rows that fit the memory. */
  get capacity(): number {
    return this.rows.doubles.length / ROW_DOUBLES;
  }

  /** The first row whose open time is not before `time`, epoch ms; `end` when there is none. */
  rowFrom(time: number): number {
    return lowerRow(this.rows, this.first, this.end, time);
  }

  /** Close prices of rows `[from, to)`: a view that is valid until rows change. */
  closesOf(from: number, to: number): Float64Array {
    if (this.closes.length < to) {
      this.closes = new Float64Array(this.capacity);
      this.closesEnd = this.first;
    }
    const { closes, rows } = this;
    for (let row = Math.max(this.closesEnd, this.first); row < to; row++)
      closes[row] = rows.doubles[row * ROW_DOUBLES + CLOSE_DOUBLE]!;
    this.closesEnd = Math.max(this.closesEnd, to);
    return closes.subarray(from, to);
  }

  /**
   * Appends the bars of slots `[fromSlot, toSlot)`. First drops the rows of `fromSlot` and later, which were loaded but not shown.
   * @param opens open times of the day's slots, epoch ms
   * @param records the stored records of these slots in sequence; an empty slot is zeros, and records at the end may be missing
   */
  append(opens: Float64Array, records: Uint8Array, fromSlot: number, toSlot: number): void {
    const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
    this.dropFrom(opens[fromSlot]!);
    if (slots <= 0) return;
    this.reserve(slots);
    if (scratch.slots < slots) scratch = scratchOf(2 * slots);
    const { doubles, words, bytes } = scratch;
    const length = slots * RECORD_BYTES;
    bytes.set(records.length === length ? records : records.subarray(0, length));
    const { doubles: intoDoubles, words: intoWords } = this.rows;
    let to = this.end * ROW_DOUBLES;
    for (let slot = fromSlot, at = 0; at < slots * RECORD_DOUBLES; slot++, at += RECORD_DOUBLES) {
      const meta = words[2 * at + RECORD_META_WORD]!;
      if ((meta & 0xff) === 0) continue; // an origin of 0 is an empty slot
      intoDoubles[to] = opens[slot]!;
      intoDoubles[to + 1] = doubles[at]!;
      intoDoubles[to + 2] = doubles[at + 1]!;
      intoDoubles[to + 3] = doubles[at + 2]!;
      intoDoubles[to + 4] = doubles[at + 3]!;
      intoDoubles[to + 5] = doubles[at + 4]!;
      intoWords[2 * to + META_WORD] = meta;
      intoWords[2 * to + COUNTS_WORD] = words[2 * at + RECORD_COUNTS_WORD]!;
      to += ROW_DOUBLES;
    }
    this.end = to / ROW_DOUBLES;
  }

  /** Drops the rows that open at `time` or later, epoch ms. */
  private dropFrom(time: number): void {
    if (this.count === 0 || openTimeOf(this.rows, this.end - 1) < time) return;
    this.end = this.rowFrom(time);
    this.closesEnd = Math.min(this.closesEnd, this.end);
  }

  /** Replaces the rows with `from <= openTime < to`, epoch ms, by those of `other`. Copies all rows to new memory first. */
  replace(from: number, to: number, other: BarColumns): void {
    this.move(Math.max(this.initialCapacity, this.count + other.count));
    // Rows [start, rest) are replaced; the rows from `rest` on move to `newRest`.
    const [start, rest] = [this.rowFrom(from), this.rowFrom(to)];
    const newRest = start + other.count;
    const { words } = this.rows;
    words.copyWithin(newRest * ROW_WORDS, rest * ROW_WORDS, this.end * ROW_WORDS);
    words.set(other.rows.words.subarray(other.first * ROW_WORDS, other.end * ROW_WORDS), start * ROW_WORDS);
    this.end += newRest - rest;
    this.generation++;
  }

  /** Drops the rows that open before `time`, epoch ms. */
  dropBefore(time: number): void {
    this.first = this.rowFrom(time);
  }

  /** Makes space for `more` rows: in new memory of the same size when enough rows were dropped at the front, else of twice the size. */
  private reserve(more: number): void {
    const { first, end, count, capacity } = this;
    if (end + more <= capacity) return;
    const canStaySameSize = first >= capacity / 2 && count + more <= capacity;
    this.move(canStaySameSize ? capacity : Math.max(this.initialCapacity, 2 * count, count + more));
  }

  /** Copies the rows to the front of new memory. @param capacity in rows */
  private move(capacity: number): void {
    const { first, end, count, rows } = this;
    this.rows = rowMemory(capacity * ROW_DOUBLES);
    this.rows.words.set(rows.words.subarray(first * ROW_WORDS, end * ROW_WORDS));
    this.closes = NO_ROWS.doubles;
    this.first = 0;
    this.end = count;
    if (first > 0) this.generation++;
  }
}
