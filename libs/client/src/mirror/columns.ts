/**
 * The bars of one symbol at one interval as columns of numbers: only bars that are there, in time order, appended at the
 * end, dropped at the front and replaced day by day in the middle. Rows `[first, end)` are in use; their numbers change
 * whenever {@link BarColumns.generation} does. Knows neither a clock nor where bars come from. Pure.
 */
import { RECORD_BYTES, type BarOrigin, type ShownBar } from '@barkeep/bars';
import type { SlotTimes } from './slot-times.js';

const RECORD_DOUBLES = RECORD_BYTES / 8;
const RECORD_WORDS = RECORD_BYTES / 4;
const ORIGINS: readonly BarOrigin[] = ['streamed', 'streamed', 'backfilled', 'derived', 'historical'];

/** Bytes of memory that a bar takes in columns: seven numbers and eight bytes of meta. */
export const COLUMN_BYTES = 64;

/** Records are copied here first: a reply does not begin at a multiple of eight bytes. */
let scratch = new Float64Array(512 * RECORD_DOUBLES);

export class BarColumns {
  openTimes = new Float64Array(0);
  closeTimes = new Float64Array(0);
  opens = new Float64Array(0);
  highs = new Float64Array(0);
  lows = new Float64Array(0);
  closes = new Float64Array(0);
  volumes = new Float64Array(0);
  /** Two words a row, as in a stored record: origin and dataset, source count and expected count. */
  metas = new Uint32Array(0);
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
    return lowerBound(this.openTimes, this.first, this.end, time);
  }

  /** One more than the last row that is closed at `time`, epoch ms. */
  rowsClosedBy(time: number): number {
    return lowerBound(this.closeTimes, this.first, this.end, time + 0.5);
  }

  /**
   * Appends the bars of slots `[fromSlot, toSlot)`, which open after all that is there.
   * @param records their stored records, one after another; empty ones are zeros, and the rest may be missing
   */
  append(times: SlotTimes, records: Uint8Array, fromSlot: number, toSlot: number): void {
    const slots = Math.min(toSlot - fromSlot, Math.floor(records.length / RECORD_BYTES));
    if (slots <= 0) return;
    this.reserve(slots);
    if (scratch.length < slots * RECORD_DOUBLES) scratch = new Float64Array(2 * slots * RECORD_DOUBLES);
    const bytes = slots * RECORD_BYTES;
    new Uint8Array(scratch.buffer).set(records.length === bytes ? records : records.subarray(0, bytes));
    const words = new Uint32Array(scratch.buffer);
    let row = this.end;
    for (let slot = 0, at = 0; slot < slots; slot++, at += RECORD_DOUBLES) {
      const meta = words[2 * at + RECORD_WORDS - 2]!;
      // An origin of 0 is an empty slot.
      if ((meta & 0xff) === 0) continue;
      this.openTimes[row] = times.opens[fromSlot + slot]!;
      this.closeTimes[row] = times.closes[fromSlot + slot]!;
      this.opens[row] = scratch[at]!;
      this.highs[row] = scratch[at + 1]!;
      this.lows[row] = scratch[at + 2]!;
      this.closes[row] = scratch[at + 3]!;
      this.volumes[row] = scratch[at + 4]!;
      this.metas[2 * row] = meta;
      this.metas[2 * row + 1] = words[2 * at + RECORD_WORDS - 1]!;
      row++;
    }
    this.end = row;
  }

  /** Puts other rows in place of those with `from <= openTime < to`, epoch ms. */
  replace(from: number, to: number, rows: BarColumns): void {
    this.reserve(rows.count);
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
    return {
      openTime: this.openTimes[row]!,
      closeTime: this.closeTimes[row]!,
      open: this.opens[row]!,
      high: this.highs[row]!,
      low: this.lows[row]!,
      close: this.closes[row]!,
      volume: this.volumes[row]!,
      ...metaOf(this.metas[2 * row]!, this.metas[2 * row + 1]!),
    };
  }

  /** Makes room for so many more rows, by moving what is there to the front or by growing twofold. */
  private reserve(rows: number): void {
    const capacity = this.openTimes.length;
    if (this.end + rows <= capacity) return;
    const { first, end, count } = this;
    const isRoomy = first >= capacity / 2 && count + rows <= capacity;
    const size = isRoomy ? capacity : Math.max(this.capacityFirst, 2 * count, count + rows);
    // One piece of memory for all columns: eight would cost the collector eight times as much.
    const memory = new ArrayBuffer(size * COLUMN_BYTES);
    const column = (old: Float64Array, i: number) => {
      const into = new Float64Array(memory, i * 8 * size, size);
      into.set(old.subarray(first, end));
      return into;
    };
    this.openTimes = column(this.openTimes, 0);
    this.closeTimes = column(this.closeTimes, 1);
    this.opens = column(this.opens, 2);
    this.highs = column(this.highs, 3);
    this.lows = column(this.lows, 4);
    this.closes = column(this.closes, 5);
    this.volumes = column(this.volumes, 6);
    const metas = new Uint32Array(memory, 7 * 8 * size, 2 * size);
    metas.set(this.metas.subarray(2 * first, 2 * end));
    this.metas = metas;
    this.first = 0;
    this.end = count;
    if (first > 0) this.generation++;
  }

  /** The columns of both, with their numbers a row. */
  private pairs(other: BarColumns): [Float64Array | Uint32Array, Float64Array | Uint32Array, number][] {
    return [
      [this.openTimes, other.openTimes, 1],
      [this.closeTimes, other.closeTimes, 1],
      [this.opens, other.opens, 1],
      [this.highs, other.highs, 1],
      [this.lows, other.lows, 1],
      [this.closes, other.closes, 1],
      [this.volumes, other.volumes, 1],
      [this.metas, other.metas, 2],
    ];
  }
}

/** The first index in `[from, to)` of a growing column whose number is not below `value`; `to` when there is none. */
function lowerBound(column: Float64Array, from: number, to: number, value: number): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (column[middle]! < value) from = middle + 1;
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
