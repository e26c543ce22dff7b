/** Makes the bar objects of one series on access, and caches those of consecutive rows. The newest bars are read most often. */
import type { ShownBar } from '@barkeep/bars';
import { type BarColumns, barOfRow, openTimeOf } from './columns.js';
import type { SlotClock } from './slot-clock.js';

/** Maximum number of cached objects. */
const CACHE_MAX = 512;
/** Most bars that are worth caching at once: more would replace half of the cache. */
export const CACHED_AT_ONCE_MAX = CACHE_MAX / 2;

/** A bar of a mirror. The object is shared between callers: do not change it. */
export type MirrorBar = Readonly<ShownBar>;

export class BarObjects {
  /** The objects of the rows from `firstRow` on. */
  private cached: MirrorBar[] = [];
  private firstRow = 0;

  constructor(
    private readonly columns: BarColumns,
    private readonly slots: SlotClock,
  ) {}

  /** Forgets all objects. To be called when rows have moved or changed. */
  clear(): void {
    this.cached = [];
    this.firstRow = 0;
  }

  at(row: number): MirrorBar {
    const i = row - this.firstRow;
    return i >= 0 && i < this.cached.length ? this.cached[i]! : this.between(row, row + 1)[0]!;
  }

  /** The bars of rows `[from, to)`, in a new array. */
  between(from: number, to: number): MirrorBar[] {
    if (to - from > CACHED_AT_ONCE_MAX) return Array.from({ length: to - from }, (_, i) => this.make(from + i));
    const { cached, firstRow } = this;
    let end = firstRow + cached.length; // the row after the last cached one
    const isAdjacent = from >= firstRow && from <= end; // the cached rows can stay consecutive
    if (!isAdjacent || to - firstRow > CACHE_MAX) {
      // The cache begins at `from` now, with the objects that it already has from there on, or without any.
      this.cached = isAdjacent ? cached.slice(from - firstRow) : [];
      this.firstRow = from;
      end = from + this.cached.length;
    }
    for (; end < to; end++) this.cached.push(this.make(end));
    return this.cached.slice(from - this.firstRow, to - this.firstRow);
  }

  private make(row: number): MirrorBar {
    const { rows } = this.columns;
    return barOfRow(rows, row, this.slots.closeTime(openTimeOf(rows, row)));
  }
}
