/**
 * The bars of one symbol at one interval as rows of numbers: only bars that are there, in time order, appended at the
 * end, dropped at the front and replaced day by day in the middle. Rows `[first, end)` are in use; their numbers change
 * whenever {@link BarColumns.generation} does. What is in {@link BarColumns.rows} stays as it is: whatever changes rows puts other
 * memory in its place, so whoever keeps it keeps the bars of then. A row is a bar's open time and its record, next to each other, for they are
 * read together; what is searched or handed out as a whole is a column beside. Knows neither a clock nor where bars come
 * from. Pure.
 */
import { RECORD_BYTES, type BarOrigin, type ShownBar } from '@barkeep/bars';
import type { SlotTimes } from './slot-times.js';

const RECORD_DOUBLES = RECORD_BYTES / 8;
const RECORD_WORDS = RECORD_BYTES / 4;
const ORIGINS: readonly BarOrigin[] = ['streamed', 'streamed', 'backfilled', 'derived', 'historical'];

/** Numbers in a row: open time, open, high, low, close, volume, and in the place of a number the two words of meta. */
export const ROW_DOUBLES = 1 + RECORD_DOUBLES;
export const ROW_BYTES = 8 * ROW_DOUBLES;
/** Where in a row its first word of meta is, in words of four bytes. */
export const META_WORD = 2 + RECORD_WORDS - 2;

/** Bytes of memory that a bar takes: its row, its close time, and its close price once more. */
export const COLUMN_BYTES = ROW_BYTES + 16;

/** Records are copied here first: a reply does not begin at a multiple of eight bytes. */
let scratch = scratchOf(512);

function scratchOf(slots: number) {
  const doubles = new Float64Array(slots * RECORD_DOUBLES);
  return { slots, doubles, bytes: new Uint8Array(doubles.buffer), words: new Uint32Array(doubles.buffer) };
}

/** Copies a row to other memory, from the double `o` on; meta as the words that it is: as numbers they might be none. */
export function copyRow({ doubles, words }: RowMemory, row: number, into: RowMemory, o: number): void {
  const { doubles: others, words: otherWords } = into;
  const i = row * ROW_DOUBLES;
  others[o] = doubles[i]!;
  others[o + 1] = doubles[i + 1]!;
  others[o + 2] = doubles[i + 2]!;
  others[o + 3] = doubles[i + 3]!;
  others[o + 4] = doubles[i + 4]!;
  others[o + 5] = doubles[i + 5]!;
  otherWords[2 * o + META_WORD] = words[2 * i + META_WORD]!;
  otherWords[2 * o + META_WORD + 1] = words[2 * i + META_WORD + 1]!;
}

/** Rows one after another, seen as numbers and as words of four bytes. */
export interface RowMemory {
  doubles: Float64Array;
  words: Uint32Array;
}

/** The bar of a row. @param closeTime epoch ms */
export function barOfRow({ doubles, words }: RowMemory, row: number, closeTime: number): ShownBar {
  const at = row * ROW_DOUBLES;
  return {
    openTime: doubles[at]!,
    closeTime,
    open: doubles[at + 1]!,
    high: doubles[at + 2]!,
    low: doubles[at + 3]!,
    close: doubles[at + 4]!,
    volume: doubles[at + 5]!,
    ...metaOf(words[2 * at + META_WORD]!, words[2 * at + META_WORD + 1]!),
  };
}

export class BarColumns {
  rows: RowMemory = { doubles: new Float64Array(0), words: new Uint32Array(0) };
  closeTimes = new Float64Array(0);
  closes = new Float64Array(0);
  first = 0;
  end = 0;
  /** Changes when rows that were there have moved or changed; appending does not change it. */
  generation = 0;

  /** @param capacityFirst rows to have room for at first */
  constructor(private readonly capacityFirst = 64) {}

  get count(): number {
    return this.end - this.first;
  }

  /** The first row whose open time is not before `time`, epoch ms; `end` when there is none. */
  rowFrom(time: number): number {
    return lowerBound(this.rows.doubles, ROW_DOUBLES, this.first, this.end, time);
  }

  /** One more than the last row that is closed at `time`, epoch ms. */
  rowsClosedBy(time: number): number {
    return lowerBound(this.closeTimes, 1, this.first, this.end, time + 0.5);
  }

  /**
   * Appends the bars of slots `[fromSlot, toSlot)`, which open after all that is there.
   * @param records their stored records, one after another; empty ones are zeros, and the rest may be missing
   */
  append(times: SlotTimes, records: Uint8Array, fromSlot: number, toSlot: number): void {
    const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
    if (slots <= 0) return;
    this.reserve(slots);
    if (scratch.slots < slots) scratch = scratchOf(2 * slots);
    const { doubles, words, bytes } = scratch;
    const length = slots * RECORD_BYTES;
    bytes.set(records.length === length ? records : records.subarray(0, length));
    const { closes, closeTimes, rows } = this;
    const { doubles: into, words: intoWords } = rows;
    let row = this.end;
    for (let slot = 0, at = 0; slot < slots; slot++, at += RECORD_DOUBLES) {
      const meta = words[2 * at + RECORD_WORDS - 2]!;
      // An origin of 0 is an empty slot.
      if ((meta & 0xff) === 0) continue;
      const to = row * ROW_DOUBLES;
      into[to] = times.opens[fromSlot + slot]!;
      into[to + 1] = doubles[at]!;
      into[to + 2] = doubles[at + 1]!;
      into[to + 3] = doubles[at + 2]!;
      into[to + 4] = closes[row] = doubles[at + 3]!;
      into[to + 5] = doubles[at + 4]!;
      intoWords[2 * to + META_WORD] = meta;
      intoWords[2 * to + META_WORD + 1] = words[2 * at + RECORD_WORDS - 1]!;
      closeTimes[row] = times.closes[fromSlot + slot]!;
      row++;
    }
    this.end = row;
  }

  /** Puts other rows in place of those with `from <= openTime < to`, epoch ms. */
  replace(from: number, to: number, rows: BarColumns): void {
    this.move(Math.max(this.capacityFirst, this.count + rows.count));
    const [at, next] = [this.rowFrom(from), this.rowFrom(to)];
    const shift = at + rows.count - next;
    for (const [column, other, width] of this.pairs(rows)) {
      column.copyWithin((next + shift) * width, next * width, this.end * width);
      column.set(other.subarray(rows.first * width, rows.end * width), at * width);
    }
    this.end += shift;
    this.generation++;
  }

  /** Forgets the rows that open before `time`, epoch ms. */
  dropBefore(time: number): void {
    this.first = this.rowFrom(time);
  }

  /** The bar of a row. */
  bar(row: number): ShownBar {
    return barOfRow(this.rows, row, this.closeTimes[row]!);
  }

  /** Makes room for so many more rows, by moving what is there to the front or by growing twofold. */
  private reserve(more: number): void {
    const capacity = this.closes.length;
    if (this.end + more <= capacity) return;
    const { first, count } = this;
    const isRoomy = first >= capacity / 2 && count + more <= capacity;
    this.move(isRoomy ? capacity : Math.max(this.capacityFirst, 2 * count, count + more));
  }

  /** Moves what is there to the front of other memory, with room for so many rows. */
  private move(size: number): void {
    const { first, end, count, rows, closes, closeTimes } = this;
    // One piece of memory for all: three would cost the collector three times as much.
    const memory = new ArrayBuffer(size * COLUMN_BYTES);
    const doubles = new Float64Array(memory, 0, size * ROW_DOUBLES);
    const words = new Uint32Array(memory, 0, 2 * size * ROW_DOUBLES);
    words.set(rows.words.subarray(2 * first * ROW_DOUBLES, 2 * end * ROW_DOUBLES));
    this.rows = { doubles, words };
    this.closes = new Float64Array(memory, size * ROW_BYTES, size);
    this.closes.set(closes.subarray(first, end));
    this.closeTimes = new Float64Array(memory, size * (ROW_BYTES + 8), size);
    this.closeTimes.set(closeTimes.subarray(first, end));
    this.first = 0;
    this.end = count;
    if (first > 0) this.generation++;
  }

  /** The columns of both, with their numbers a row. */
  private pairs(other: BarColumns): [Float64Array | Uint32Array, Float64Array | Uint32Array, number][] {
    return [
      [this.rows.words, other.rows.words, 2 * ROW_DOUBLES],
      [this.closeTimes, other.closeTimes, 1],
      [this.closes, other.closes, 1],
    ];
  }
}

/** The first row in `[from, to)` of a column that grows whose number is not below `value`; `to` when there is none. */
function lowerBound(column: Float64Array, width: number, from: number, to: number, value: number): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (column[middle * width]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** What the last two words of a stored record say of its bar. */
export function metaOf(
  meta: number,
  counts: number,
): Pick<ShownBar, 'origin' | 'dataset' | 'sourceCount' | 'expectedCount' | 'complete'> {
  const sourceCount = counts & 0xffff;
  const expectedCount = counts >>> 16;
  return {
    origin: ORIGINS[meta & 0xff] ?? 'streamed',
    dataset: meta >>> 16,
    sourceCount,
    expectedCount,
    complete: sourceCount === expectedCount,
  };
}
