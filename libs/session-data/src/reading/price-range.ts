/** Highest price, lowest price and volume of visible bars. Pure. */
import type { DayChunk, DayGrid } from '@barkeep/bars';

export class PriceRange {
  private highest = -Infinity;
  private lowest = Infinity;
  private sum = 0;
  private bars = 0;

  /** Adds the first `closed` slots of a day. */
  add(chunk: DayChunk, grid: DayGrid, closed: number): void {
    for (const { high, low, volume } of chunk.bars(grid, 0, closed)) {
      this.highest = Math.max(this.highest, high);
      this.lowest = Math.min(this.lowest, low);
      this.sum += volume;
      this.bars++;
    }
  }

  /** Null without a bar. */
  get high(): number | null {
    return this.bars > 0 ? this.highest : null;
  }

  get low(): number | null {
    return this.bars > 0 ? this.lowest : null;
  }

  /** A sum beyond the largest number is the largest number: infinity would be `null` in JSON. */
  get volume(): number {
    return Math.min(this.sum, Number.MAX_VALUE);
  }
}
