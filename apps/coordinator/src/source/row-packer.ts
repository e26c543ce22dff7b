/**
 * Packs the rows of one window into day chunks, straight from the bytes that Postgres sends. The slot of a bar is its place in the
 * chunk, so rows may come in any order. An invalid row is counted and kept with its reason; it never stops the others.
 *
 * This code runs for every bar that a session streams. A valid row on the day's grid takes the fast path: one look at the
 * symbol, one division for the slot, one chain of comparisons for the values, no allocation. All other rows take the slow path,
 * which finds the reason. The slow path accepts every row that the fast path accepts.
 */
import { POSTGRES_EPOCH_MS, READ_ROW, readRow, type QuarantinedBar } from '@barkeep/bar-repository';
import { refuseValues, type DayChunk } from '@barkeep/bars';
import type { ChunkRead, MutablePart } from './window-read.js';

/** Most refused bars of one window that are kept; the others are only counted. */
const QUARANTINE_MAX = 1_000;
const TWO_POW_32 = 4_294_967_296;
/** The number of a session's source in its list of datasets. */
const SOURCE_DATASET = 0;

// Local copies: an import from another package is a getter, which would cost time for each row.
const { symbolId: ID, time: TIME, open: OPEN, high: HIGH, low: LOW, close: CLOSE, volume: VOLUME } = READ_ROW;

export class RowPacker {
  // The symbol of the last row: most rows have the same symbol as the row before. -1: no row has come.
  private lastId = -1;
  private symbol = '';
  private part: MutablePart | undefined;
  /** Undefined until the symbol has a valid row. */
  private chunk: DayChunk | undefined;
  // The segment of the last valid row; before the first row, the day's first segment. Times are microseconds since Postgres' epoch.
  private openMicros = 0;
  private firstSlot = 0; // of the segment
  private segmentSlots = 0; // how many the segment has
  /** Length of a slot. */
  private readonly stepMicros: number;
  /** Lowest price that the fast path accepts; the slow path checks bars with a lower price. */
  private readonly minPrice: number;

  constructor(private readonly read: Omit<ChunkRead, 'signal'>) {
    this.stepMicros = read.grid.stepMs * 1000;
    // MIN_VALUE is the smallest positive number.
    this.minPrice = read.prices === 'any' ? -Number.MAX_VALUE : Number.MIN_VALUE;
    this.selectSegment(read.grid.open);
  }

  /** Adds the row at byte `at`, in the layout of `READ_ROW`, as a bar of {@link SOURCE_DATASET} and of 1 base bar of 1 expected. */
  readonly add = (row: DataView, at: number): void => {
    this.read.onProgress();
    const id = row.getInt32(at + ID);
    if (id !== this.lastId) this.selectSymbol(id);
    // The time is a 64-bit integer, read as two halves: a BigInt would be allocated.
    const micros = row.getInt32(at + TIME) * TWO_POW_32 + row.getUint32(at + TIME + 4);
    const step = (micros - this.openMicros) / this.stepMicros;
    const open = row.getFloat64(at + OPEN);
    const high = row.getFloat64(at + HIGH);
    const low = row.getFloat64(at + LOW);
    const close = row.getFloat64(at + CLOSE);
    const volume = row.getFloat64(at + VOLUME);
    const isOnGrid = step >= 0 && step < this.segmentSlots && step === Math.floor(step);
    // NaN fails these comparisons. A bar that passes needs no refuseValues, which would accept it; the slow path calls it for the others.
    const isValid =
      open + high + low + close + volume < Infinity &&
      low >= this.minPrice &&
      open >= low &&
      open <= high &&
      close >= low &&
      close <= high &&
      volume >= 0;
    if (!this.chunk || !isOnGrid || !isValid) return this.addSlowly(row, at);
    this.chunk.write(this.firstSlot + step, open, high, low, close, volume, this.read.origin, SOURCE_DATASET, 1, 1);
    this.part!.bars++;
  };

  /** Adds the first row of a symbol or of a segment, or refuses an invalid row. */
  private addSlowly(row: DataView, at: number): void {
    const { grid, into, origin, prices } = this.read;
    readRow(row, at, (_, time, open, high, low, close, volume) => {
      const part = this.part!;
      const slot = grid.slotAt(time); // a number, or the reason why the time has no slot
      if (typeof slot === 'string') return this.refuse({ time, open, high, low, close, volume, reason: slot });
      const reason = refuseValues(open, high, low, close, volume, prices);
      if (reason !== undefined) return this.refuse({ time, open, high, low, close, volume, reason });
      this.selectSegment(time);
      if (!this.chunk) part.chunks.set(this.symbol, (this.chunk = into.memory.take(grid.slotCount)));
      this.chunk.write(slot, open, high, low, close, volume, origin, SOURCE_DATASET, 1, 1);
      part.bars++;
    });
  }

  /** Counts a refused row, and keeps it with its reason unless there are too many. */
  private refuse(bar: Omit<QuarantinedBar, 'dataset' | 'symbol'>): void {
    const { symbol, part } = this;
    const { into, dataset } = this.read;
    const key = `${symbol} ${bar.reason}`;
    part!.refused.set(key, (part!.refused.get(key) ?? 0) + 1);
    if (into.quarantined.length < QUARANTINE_MAX) into.quarantined.push({ dataset, symbol, ...bar });
  }

  private selectSymbol(id: number): void {
    const { symbol, part } = this.read.symbols.get(id)!;
    this.lastId = id;
    this.symbol = symbol;
    this.part = part;
    this.chunk = part.chunks.get(symbol);
  }

  /** Selects the segment at a time, epoch ms; without a segment there, the selected one stays. */
  private selectSegment(time: number): void {
    const segment = this.read.grid.segmentAt(time);
    if (!segment) return;
    this.openMicros = (segment.open - POSTGRES_EPOCH_MS) * 1000;
    this.firstSlot = segment.first;
    this.segmentSlots = segment.end - segment.first;
  }
}
