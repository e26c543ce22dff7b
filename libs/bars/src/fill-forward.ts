/**
 * Reading with `fill=forward`: an empty slot is shown with the last close as open, high, low and close, and volume 0.
 * Such bars are made when somebody reads and are never stored; they say so by their origin and by `sourceCount` 0. Pure.
 */
import type { ShownBar } from './bar.js';
import type { DayChunk } from './chunk.js';
import type { DayGrid } from './slots.js';

/** The slots of one day that are to be shown. */
export interface FillRange {
  grid: DayGrid;
  /** Slots `[from, to)` are shown. */
  from: number;
  to: number;
  /** Empty slots from here on are left out: it is not certain yet that they stay empty. */
  fillTo: number;
  /** For derived bars: window `w` is made of base slots `[starts[w], starts[w + 1])`. */
  starts?: Int32Array | undefined;
}

/**
 * A bar for each slot of the range, oldest first.
 * @param chunk the day's bars; undefined when it has none
 * @param lastClose close of the newest bar before the range; undefined when there is none: then nothing is shown before
 *   the first bar
 * @returns the bars, and the close that goes on to the next day
 */
export function fillForward(
  chunk: DayChunk | undefined,
  { grid, from, to, fillTo, starts }: FillRange,
  lastClose: number | undefined,
): { bars: ShownBar[]; lastClose: number | undefined } {
  if (!chunk && lastClose === undefined) return { bars: [], lastClose };
  const bars: ShownBar[] = [];
  let close = lastClose;
  for (let slot = from; slot < to; slot++) {
    const bar = chunk?.bar(slot, grid);
    if (bar) {
      bars.push(bar);
      close = bar.close;
    } else if (close !== undefined && slot < fillTo) {
      bars.push(emptySlot(grid, slot, close, starts ? (starts[slot + 1] ?? 0) - (starts[slot] ?? 0) : 1));
    }
  }
  return { bars, lastClose: close };
}

function emptySlot(grid: DayGrid, slot: number, close: number, expectedCount: number): ShownBar {
  return {
    openTime: grid.openTime(slot),
    closeTime: grid.closeTime(slot),
    open: close,
    high: close,
    low: close,
    close,
    volume: 0,
    origin: 'filled-forward',
    dataset: 0,
    sourceCount: 0,
    expectedCount,
    complete: false,
  };
}
