/**
 * The bars of one symbol at one interval as rows of numbers: only bars that are there, in time order, appended at the
 * end, dropped at the front and replaced day by day in the middle. Rows `[first, end)` are in use; their numbers change
 * whenever {@link BarColumns.generation} does. What is in {@link BarColumns.rows} and was shown stays as it is: whatever changes such rows puts other
 * memory in its place, so whoever keeps it keeps the bars of then. A row is a bar's open time and its record, next to each other, for they are
 * read together; when it closes is the calendar's to say (slot-clock.ts). Knows neither a clock nor where bars come from. Pure.
 */
import { RECORD_BYTES, type BarOrigin, type ShownBar } from '@barkeep/bars';
import { rowMemory, type RowMemory } from './row-memory.js';

const RECORD_DOUBLES = RECORD_BYTES / 8;
const RECORD_WORDS = RECORD_BYTES / 4;
const ORIGINS: readonly BarOrigin[] = ['streamed', 'streamed', 'backfilled', 'derived', 'historical'];

/** Numbers in a row: open time, open, high, low, close, volume, and in the place of a number the two words of meta. */
export const ROW_DOUBLES = 1 + RECORD_DOUBLES;
export const ROW_BYTES = 8 * ROW_DOUBLES;
const ROW_WORDS = 2 * ROW_DOUBLES;
/** Where in a row its first word of meta is, in words of four bytes. */
const META_WORD = 2 + RECORD_WORDS - 2;

/** Bytes of memory that a bar takes: its row, and its close price once more for whoever asks for close prices. */
export const COLUMN_BYTES = ROW_BYTES + 8;

/** Records are copied here first: a reply does not begin at a multiple of eight bytes. */
let scratch = scratchOf(512);

function scratchOf(slots: number) {
  const doubles = new Float64Array(slots * RECORD_DOUBLES);
  return { slots, doubles, bytes: new Uint8Array(doubles.buffer), words: new Uint32Array(doubles.buffer) };
}

/** Copies a row to other memory, both by where it begins, in doubles; meta as the words that it is: as numbers they might be none. */
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
  intoWords[2 * to + META_WORD + 1] = words[2 * from + META_WORD + 1]!;
}

const NO_ROWS = rowMemory(0);

/** When the row's bar opens, epoch ms. */
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
  rows: RowMemory = NO_ROWS;
  first = 0;
  end = 0;
  /** Changes when rows that were there have moved or changed; appending does not change it. */
  generation = 0;
  /** Close prices of rows `[first, closesEnd)`; only what was asked for is there. */
  private closes = NO_ROWS.doubles;
  private closesEnd = 0;

  /** @param capacityFirst rows to have room for at first */
  constructor(private readonly capacityFirst = 64) {}

  get count(): number {
    return this.end - this.first;
  }

  /** Rows that there is room for. */
  get capacity(): number {
    return this.rows.doubles.length / ROW_DOUBLES;
  }

  /** The first row whose open time is not before `time`, epoch ms; `end` when there is none. */
  rowFrom(time: number): number {
    return lowerRow(this.rows, this.first, this.end, time);
  }

  /** Close prices of rows `[from, to)`: a view of memory that is good until rows change. */
  closesOf(from: number, to: number): Float64Array {
    if (this.closes.length < to) {
      this.closes = new Float64Array(this.capacity);
      this.closesEnd = this.first;
    }
    const { closes, rows } = this;
    for (let row = Math.max(this.closesEnd, this.first); row < to; row++)
      closes[row] = rows.doubles[row * ROW_DOUBLES + 4]!;
    this.closesEnd = Math.max(this.closesEnd, to);
    return closes.subarray(from, to);
  }

  /**
   * Appends the bars of slots `[fromSlot, toSlot)`; what opens there or later, which nobody was shown, is forgotten.
   * @param opens when the slots of the day open, epoch ms
   * @param records their stored records, one after another; empty ones are zeros, and the rest may be missing
   */
  append(opens: Float64Array, records: Uint8Array, fromSlot: number, toSlot: number): void {
    const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
    this.forgetFrom(opens[fromSlot]!);
    if (slots <= 0) return;
    this.reserve(slots);
    if (scratch.slots < slots) scratch = scratchOf(2 * slots);
    const { doubles, words, bytes } = scratch;
    const length = slots * RECORD_BYTES;
    bytes.set(records.length === length ? records : records.subarray(0, length));
    const { doubles: into, words: intoWords } = this.rows;
    let to = this.end * ROW_DOUBLES;
    for (let slot = fromSlot, at = 0; at < slots * RECORD_DOUBLES; slot++, at += RECORD_DOUBLES) {
      const meta = words[2 * at + RECORD_WORDS - 2]!;
      // An origin of 0 is an empty slot.
      if ((meta & 0xff) === 0) continue;
      into[to] = opens[slot]!;
      into[to + 1] = doubles[at]!;
      into[to + 2] = doubles[at + 1]!;
      into[to + 3] = doubles[at + 2]!;
      into[to + 4] = doubles[at + 3]!;
      into[to + 5] = doubles[at + 4]!;
      intoWords[2 * to + META_WORD] = meta;
      intoWords[2 * to + META_WORD + 1] = words[2 * at + RECORD_WORDS - 1]!;
      to += ROW_DOUBLES;
    }
    this.end = to / ROW_DOUBLES;
  }

  /** Forgets the rows that open at `time` or later, epoch ms. */
  private forgetFrom(time: number): void {
    if (this.count === 0 || openTimeOf(this.rows, this.end - 1) < time) return;
    this.end = this.rowFrom(time);
    this.closesEnd = Math.min(this.closesEnd, this.end);
  }

  /** Puts other rows in place of those with `from <= openTime < to`, epoch ms. */
  replace(from: number, to: number, other: BarColumns): void {
    this.move(Math.max(this.capacityFirst, this.count + other.count), true);
    const [at, next] = [this.rowFrom(from), this.rowFrom(to)];
    const shift = at + other.count - next;
    const { words } = this.rows;
    words.copyWithin((next + shift) * ROW_WORDS, next * ROW_WORDS, this.end * ROW_WORDS);
    words.set(other.rows.words.subarray(other.first * ROW_WORDS, other.end * ROW_WORDS), at * ROW_WORDS);
    this.end += shift;
    this.generation++;
  }

  /** Forgets the rows that open before `time`, epoch ms. */
  dropBefore(time: number): void {
    this.first = this.rowFrom(time);
  }

  /** Makes room for so many more rows, by moving what is there to the front or by growing twofold. */
  private reserve(more: number): void {
    const { first, end, count, capacity } = this;
    if (end + more <= capacity) return;
    const isRoomy = first >= capacity / 2 && count + more <= capacity;
    this.move(isRoomy ? capacity : Math.max(this.capacityFirst, 2 * count, count + more));
  }

  /** Moves what is there to the front of other memory, with room for so many rows. */
  private move(size: number, takesOver = false): void {
    const { first, end, count, rows } = this;
    this.rows = rowMemory(size * ROW_DOUBLES, takesOver);
    this.rows.words.set(rows.words.subarray(first * ROW_WORDS, end * ROW_WORDS));
    this.closes = NO_ROWS.doubles;
    this.first = 0;
    this.end = count;
    if (first > 0) this.generation++;
  }
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
