/**
 * Puts the rows of one window into day chunks, straight from the bytes in which Postgres sent them. A bar's slot gives its
 * place, so rows may come in any order. A row that is no good is counted and kept aside with its reason, and never stops the others.
 *
 * This is run for every bar that a session streams. A good row on the day's grid takes the short way: one look at the symbol,
 * one division for the slot, one chain of comparisons for the values, and nothing is allocated. All others take the long way,
 * which says why; what the short way takes is what the long way would have taken.
 */
import { POSTGRES_EPOCH_MS, READ_ROW, readRow, type QuarantinedBar } from '@barkeep/bar-repository';
import { refuseValues, type DayChunk, type DayGrid } from '@barkeep/bars';
import type { PartitionWindow } from '@barkeep/session-data';

/** Refused bars that are kept of one window; the rest is only counted. */
const QUARANTINE_MAX = 1_000;
const TWO_POW_32 = 4_294_967_296;

// Read once: what another package exports is looked up behind a getter, which costs a part of the time when done for each row.
const { symbolId: ID, time: TIME, open: OPEN, high: HIGH, low: LOW, close: CLOSE, volume: VOLUME } = READ_ROW;

/** The part of a window that one partition has, while it is being read. */
export interface MutablePart extends PartitionWindow {
  chunks: Map<string, DayChunk>;
  refused: Map<string, number>;
}

/** What the rows are of, and where they go. */
export interface RowTarget {
  grid: DayGrid;
  dataset: string;
  /** One of `ORIGIN_CODES`. */
  origin: number;
  /** The symbol and its part by the symbol's number; there are no rows of others. */
  symbols: ReadonlyMap<number, { symbol: string; part: MutablePart }>;
  quarantined: QuarantinedBar[];
  /** An empty chunk of the day. */
  newChunk: () => DayChunk;
  /** Called for every row. */
  heard: () => void;
}

export class RowPacker {
  // Of the symbol of the last row: rows of one symbol mostly come together.
  private lastId = -1;
  private symbol = '';
  private part: MutablePart | undefined;
  private chunk: DayChunk | undefined;
  // Of the segment of the last row, in microseconds since Postgres' epoch.
  private openMicros = 0;
  private readonly stepMicros: number;
  private firstSlot = 0;
  private segmentSlots = 0;

  constructor(private readonly target: RowTarget) {
    this.stepMicros = target.grid.stepMs * 1000;
    this.turnToSegment(target.grid.open);
  }

  /** Takes the row of `READ_ROW` at `at`. */
  readonly add = (row: DataView, at: number): void => {
    this.target.heard();
    const id = row.getInt32(at + ID);
    if (id !== this.lastId) this.turnToSymbol(id);
    const micros = row.getInt32(at + TIME) * TWO_POW_32 + row.getUint32(at + TIME + 4);
    const step = (micros - this.openMicros) / this.stepMicros;
    const open = row.getFloat64(at + OPEN);
    const high = row.getFloat64(at + HIGH);
    const low = row.getFloat64(at + LOW);
    const close = row.getFloat64(at + CLOSE);
    const volume = row.getFloat64(at + VOLUME);
    const isOnGrid = step >= 0 && step < this.segmentSlots && step === Math.floor(step);
    // Written so that NaN fails; the same as refuseValues.
    const isGood =
      open + high + low + close + volume < Infinity &&
      low >= 0 &&
      open >= low &&
      open <= high &&
      close >= low &&
      close <= high &&
      volume >= 0;
    if (!this.chunk || !isOnGrid || !isGood) return this.addWithCare(row, at);
    this.chunk.write(this.firstSlot + step, open, high, low, close, volume, this.target.origin, 0, 1, 1);
    this.part!.bars++;
  };

  /** The first row of a symbol, one of another segment, or one that is no good. */
  private addWithCare(row: DataView, at: number): void {
    const { grid, origin } = this.target;
    readRow(row, at, (_, time, open, high, low, close, volume) => {
      const part = this.part!;
      const slot = grid.slotAt(time);
      const reason = typeof slot === 'string' ? slot : refuseValues(open, high, low, close, volume);
      if (typeof slot === 'string' || reason !== undefined) {
        return this.refuse({ time, open, high, low, close, volume, reason: reason! });
      }
      this.turnToSegment(time);
      if (!this.chunk) part.chunks.set(this.symbol, (this.chunk = this.target.newChunk()));
      this.chunk.write(slot, open, high, low, close, volume, origin, 0, 1, 1);
      part.bars++;
    });
  }

  private refuse(bar: Omit<QuarantinedBar, 'dataset' | 'symbol'>): void {
    const { symbol, part } = this;
    const { quarantined, dataset } = this.target;
    const key = `${symbol} ${bar.reason}`;
    part!.refused.set(key, (part!.refused.get(key) ?? 0) + 1);
    if (quarantined.length < QUARANTINE_MAX) quarantined.push({ dataset, symbol, ...bar });
  }

  private turnToSymbol(id: number): void {
    const { symbol, part } = this.target.symbols.get(id)!;
    this.lastId = id;
    this.symbol = symbol;
    this.part = part;
    this.chunk = part.chunks.get(symbol);
  }

  private turnToSegment(time: number): void {
    const segment = this.target.grid.segmentAt(time);
    if (!segment) return;
    this.openMicros = (segment.open - POSTGRES_EPOCH_MS) * 1000;
    this.firstSlot = segment.first;
    this.segmentSlots = segment.end - segment.first;
  }
}
