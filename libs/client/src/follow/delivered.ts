/**
 * What a step delivers, as bytes, and the hash that chains them: two runs with the same hash saw the same bars at the same
 * simulated times.
 *
 *   h' = SHA-256(h ‖ time f64 ‖ bars), little-endian, with for each interval, the base interval first, then the derived ones from
 *   the shortest to the longest, for each symbol in order of names, for each bar that closed in the step, oldest first:
 *   name ‖ 0 ‖ open time f64 ‖ the 48 bytes of its stored record
 *
 * `h` is 32 zero bytes at first. Pure.
 */
import { hash } from 'node:crypto';
import { RECORD_BYTES, type Interval, type ShownBar } from '@barkeep/bars';
import { metaOf, type BarColumns } from '../mirror/columns.js';
import type { Holdings } from '../mirror/holdings.js';
import type { SymbolBars } from '../mirror/symbol-bars.js';

const HEAD_BYTES = 40;
const HASH_BYTES = 32;
const SLAB_BYTES = 256 * 1024;

/** The bars of one interval among the bytes of a step. */
export interface DeliveredPart {
  interval: Interval;
  /** Where it begins in the bytes. */
  from: number;
  /** The symbols that have bars in it, and where the bars of each end. */
  symbols: readonly string[];
  ends: readonly number[];
}

/** What one step delivered. */
export interface Delivered {
  bytes: Uint8Array;
  parts: readonly DeliveredPart[];
  /** Base bars among them. */
  bars: number;
}

/** Chains what steps deliver. */
export class DeliveredChain {
  /** Memory that steps are written into one after another; kept as long as one of its steps is. */
  private slab = new Uint8Array(SLAB_BYTES);
  private view = new DataView(this.slab.buffer);
  /** Where the current step begins in it. */
  private start = 0;
  private readonly names = new Map<string, Uint8Array>();

  /** @param chained the hash of what was delivered before, 32 bytes */
  constructor(private chained: Uint8Array) {}

  /** @param hex 64 digits */
  static from(hex: string): DeliveredChain {
    return new DeliveredChain(Buffer.from(hex, 'hex'));
  }

  /** The hash of all that was delivered, 32 bytes that are never changed. */
  get current(): Uint8Array {
    return this.chained;
  }

  /** Delivers what the holdings have that closed in `(after, time]`, epoch ms, of these intervals in their order. */
  deliver(holdings: Holdings, intervals: readonly Interval[], after: number, time: number): Delivered {
    this.reserve(this.start, HEAD_BYTES);
    this.slab.set(this.chained, this.start);
    this.view.setFloat64(this.start + HASH_BYTES, time, true);
    const parts: DeliveredPart[] = [];
    let [at, bars] = [HEAD_BYTES, 0];
    for (const interval of intervals) {
      const part = { interval, from: at, symbols: [] as string[], ends: [] as number[] };
      for (const symbol of holdings.sorted) {
        const series = symbol.series(interval.name);
        if (!series) continue;
        const first = Math.max(series.columns.first, series.visibleEnd(after));
        const end = series.visibleEnd(time);
        if (end <= first) continue;
        if (parts.length === 0) bars += end - first;
        at = this.write(symbol, series.columns, first, end, at);
        part.symbols.push(symbol.symbol);
        part.ends.push(at);
      }
      parts.push(part);
    }
    const bytes = this.slab.subarray(this.start, this.start + at);
    this.start += at;
    this.chained = hash('sha256', bytes, 'buffer');
    return { bytes, parts, bars };
  }

  /** @param offset where to write, from the step's start @returns where that ends */
  private write({ symbol }: SymbolBars, columns: BarColumns, first: number, end: number, offset: number): number {
    let name = this.names.get(symbol);
    if (!name) this.names.set(symbol, (name = Buffer.from(`${symbol}\0`)));
    this.reserve(this.start + offset, (end - first) * (name.length + 8 + RECORD_BYTES));
    const { slab, view } = this;
    const { openTimes, opens, highs, lows, closes, volumes, metas } = columns;
    let at = this.start + offset;
    for (let row = first; row < end; row++) {
      for (let i = 0; i < name.length; i++) slab[at + i] = name[i]!;
      at += name.length;
      view.setFloat64(at, openTimes[row]!, true);
      view.setFloat64(at + 8, opens[row]!, true);
      view.setFloat64(at + 16, highs[row]!, true);
      view.setFloat64(at + 24, lows[row]!, true);
      view.setFloat64(at + 32, closes[row]!, true);
      view.setFloat64(at + 40, volumes[row]!, true);
      view.setUint32(at + 48, metas[2 * row]!, true);
      view.setUint32(at + 52, metas[2 * row + 1]!, true);
      at += 8 + RECORD_BYTES;
    }
    return at - this.start;
  }

  /** Makes room for so many bytes from `at` on; what there is of the current step moves along. */
  private reserve(at: number, bytes: number): void {
    if (at + bytes <= this.slab.length) return;
    const begun = this.slab.subarray(this.start, at);
    const slab = new Uint8Array(Math.max(SLAB_BYTES, 2 * (begun.length + bytes)));
    slab.set(begun);
    this.slab = slab;
    this.view = new DataView(slab.buffer);
    this.start = 0;
  }
}

/** A hash as 64 hex digits. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Goes through the bars of a part, symbol by symbol, oldest first.
 * @param closeOf the close time of the bar that opens at a time, epoch ms
 */
export function eachBar(
  bytes: Uint8Array,
  { from, symbols, ends }: DeliveredPart,
  closeOf: (openTime: number) => number,
  visit: (symbol: string, bar: ShownBar) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  symbols.forEach((symbol, i) => {
    for (const end = ends[i]!; at < end; at += 8 + RECORD_BYTES) {
      at += symbol.length + 1;
      const openTime = view.getFloat64(at, true);
      visit(symbol, {
        openTime,
        closeTime: closeOf(openTime),
        open: view.getFloat64(at + 8, true),
        high: view.getFloat64(at + 16, true),
        low: view.getFloat64(at + 24, true),
        close: view.getFloat64(at + 32, true),
        volume: view.getFloat64(at + 40, true),
        ...metaOf(view.getUint32(at + 48, true), view.getUint32(at + 52, true)),
      });
    }
  });
}
