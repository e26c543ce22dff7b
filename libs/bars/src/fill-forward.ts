/**
 * Reading with `fill=forward`: an empty slot is shown with the last close as open, high, low and close, and volume 0.
 * A read makes such bars; they are never stored. Their origin is `filled-forward` and their `sourceCount` is 0. Pure.
 */
import type { ShownBar } from './bar.js';
import type { DayChunk } from './chunk.js';
import type { DayGrid } from './slots.js';

/** The slots of one day that a read shows. */
export interface FillRange {
  grid: DayGrid;
  /** Shows slots `[from, to)`. */
  from: number;
  to: number;
  /** First slot that may still be filled: empty slots from here on are left out. */
  fillTo: number;
  /** For derived bars: bucket `b` covers base slots `[starts[b], starts[b + 1])`. */
  starts?: Int32Array | undefined;
}

/**
 * A bar for each slot of the range, oldest first.
 * @param chunk the day's bars; undefined when it has none
 * @param lastClose close of the newest bar before the range; undefined when there is none: then no bar is shown before the
 *   first stored one
 * @returns the bars, and the last close to pass on for the next day
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
