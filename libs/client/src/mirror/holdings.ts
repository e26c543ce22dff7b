/**
 * The bars of a mirror: those of every symbol up to `loadedTo`. Reads show the bars that are closed at `clock`. The loaded part
 * may be ahead of the clock but never behind it, and the clock never goes back (invariant I2, docs/ARCHITECTURE.md). Does no I/O.
 */
import type { Interval } from '@barkeep/bars';
import {
  dayAtClock,
  SessionLostError,
  UnknownIntervalError,
  UnknownSymbolError,
  type SessionLayout,
} from '@barkeep/session-data';
import { COLUMN_BYTES } from './columns.js';
import type { MirrorSeries } from './series.js';
import { SymbolBars, type DerivedBy } from './symbol-bars.js';

/** Upper bound for the memory of a mirror's bars when `keepDays` is not given, in bytes. */
export const MIRROR_BYTES_MAX = 512 * 1024 * 1024;

/** `keepDays` is not a whole number of 1 or more. */
export class KeepDaysError extends RangeError {
  override readonly name = 'KeepDaysError';
  constructor(
    /** The given value. */
    readonly keepDays: number,
  ) {
    super(`keepDays: expected a whole number of 1 or more, was ${keepDays}`);
  }
}

export class Holdings {
  /** Simulated time of all reads, epoch ms. */
  clock: number;
  /** Increases when the clock moves and when the set of symbols changes. The caches of series.ts compare it: faster than a time. */
  moves = 0;
  /** Every bar that closed by this time is held, epoch ms. */
  loadedTo: number;
  /** The first held day, as an index into the layout's days. */
  heldFrom = 0;
  /** Increases when bars are loaded or replaced, and when the set of symbols changes: then a mirror calls its listeners. */
  changes = 0;
  /** Increases when held bars are replaced, and when the set of symbols changes: then `follow` copies the bars of its next steps again. */
  rewrites = 0;
  /** Days that are held in addition to the day of the clock. */
  keepDays: number;
  /** True when all held days must be reloaded before anything new is loaded. */
  mustReload = false;
  /** Set when the session's store is gone: every read then throws it. */
  lost: SessionLostError | undefined;
  /** The bars of every symbol, in the order of the symbols' names. */
  sorted: readonly SymbolBars[] = [];
  private readonly bySymbol = new Map<string, SymbolBars>();

  /** @param givenKeepDays by default as many days are kept as fit {@link MIRROR_BYTES_MAX} @throws KeepDaysError */
  constructor(
    public layout: SessionLayout,
    readonly derivedBy: DerivedBy,
    private readonly givenKeepDays?: number,
  ) {
    this.clock = this.loadedTo = layout.start;
    this.keepDays = keptDays(layout, givenKeepDays);
  }

  /** The bars of a symbol, or undefined when it is not held. */
  get(symbol: string): SymbolBars | undefined {
    return this.bySymbol.get(symbol);
  }

  /** The intervals that are read from the store: only the base interval when this process derives bars. */
  storedIntervals({ base, intervals }: SessionLayout): readonly Interval[] {
    return this.derivedBy === 'client' ? [base] : intervals;
  }

  /** The bars of these symbols of a layout: held ones, and empty ones for new symbols. */
  barsFor(layout: SessionLayout, symbols: readonly string[]): SymbolBars[] {
    const daysHeld = keptDays(layout, this.givenKeepDays) + 2; // with the day of the clock and the day that is loaded ahead
    return symbols.map((symbol) => {
      const partition = layout.partitionOf(symbol)!;
      const held = this.get(symbol);
      // A symbol that was removed and added again is in another partition.
      return held?.partition === partition ? held : new SymbolBars(symbol, partition, layout, this.derivedBy, daysHeld);
    });
  }

  /** Replaces the set of symbols. Bars of symbols that are not in the list are dropped. */
  setSymbols(layout: SessionLayout, symbols: readonly SymbolBars[]): void {
    this.layout = layout;
    this.keepDays = keptDays(layout, this.givenKeepDays);
    this.changes++;
    this.rewrites++;
    this.moves++;
    this.bySymbol.clear();
    this.sorted = [...symbols].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
    for (const bars of this.sorted) this.bySymbol.set(bars.symbol, bars);
  }

  /** Shows everything up to `time`, epoch ms. Ignores a time before the clock. */
  moveClock(time: number): void {
    if (time <= this.clock) return;
    this.clock = time;
    this.moves++;
  }

  /** Drops days that are outside {@link keepDays} at the clock, or that the session dropped. @param firstRetained index of a day */
  trim(firstRetained: number): void {
    const { layout, clock, keepDays } = this;
    const day = dayAtClock(layout, clock);
    const firstKept = Math.max(day - keepDays, Math.min(firstRetained, day));
    if (firstKept <= this.heldFrom) return;
    this.heldFrom = firstKept;
    for (const bars of this.sorted) bars.dropBefore(layout.grid(firstKept).open);
  }

  /** The bars of a symbol at an interval, by default the base one. @throws UnknownSymbolError, UnknownIntervalError, SessionLostError */
  series(symbol: string, interval: string | undefined): MirrorSeries {
    const bars = this.bySymbol.get(symbol);
    if (bars === undefined || this.lost !== undefined) throw this.lost ?? this.unknownSymbol(symbol);
    if (interval === undefined) return bars.base;
    const series = bars.series(interval);
    if (series === undefined) throw this.unknownInterval(interval);
    return series;
  }

  private unknownInterval(interval: string): UnknownIntervalError {
    const known = this.layout.intervals.map(({ name }) => name);
    return new UnknownIntervalError(this.layout.id, interval, known);
  }

  private unknownSymbol(symbol: string): UnknownSymbolError {
    const isJoining = this.layout.partitionOf(symbol) !== undefined; // the session has it, but its bars cannot be read yet
    return new UnknownSymbolError(this.layout.id, symbol, isJoining);
  }
}

/**
 * Number of days to keep in addition to the day of the clock: `keepDays`, or by default as many as fit {@link MIRROR_BYTES_MAX},
 * but at least one. @throws KeepDaysError
 */
export function keptDays(layout: SessionLayout, keepDays: number | undefined): number {
  if (keepDays !== undefined) {
    if (!Number.isInteger(keepDays) || keepDays < 1) throw new KeepDaysError(keepDays);
    return keepDays;
  }
  let slotsPerSymbol = 0;
  for (const interval of layout.intervals) slotsPerSymbol += layout.grid(0, interval).slotCount;
  const bytesPerDay = slotsPerSymbol * layout.symbols.length * COLUMN_BYTES;
  return Math.max(1, Math.floor(MIRROR_BYTES_MAX / bytesPerDay));
}
