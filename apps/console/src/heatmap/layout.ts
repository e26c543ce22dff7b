/** Where the cells of the heatmap are, in CSS pixels. Pure. */

export const ROW_HEIGHT = 16;
export const HEADER_HEIGHT = 20;
const CELL_MIN = 5;
const CELL_MAX = 56;
const LABEL_MIN = 60;
const LABEL_MAX = 150;
const LETTER_WIDTH = 7.2;

export interface HeatmapLayout {
  /** Width of the column with the symbols. */
  label: number;
  /** Width of a cell. */
  cell: number;
  /** Size of the whole picture, which may be larger than its visible part. */
  width: number;
  height: number;
}

/** Gives each day the same width, so that all fit if they can. @param visibleWidth width of the box in which the picture scrolls */
export function heatmapLayout(visibleWidth: number, days: number, symbols: readonly string[]): HeatmapLayout {
  const longest = symbols.reduce((most, symbol) => Math.max(most, symbol.length), 0);
  const label = Math.min(LABEL_MAX, Math.max(LABEL_MIN, Math.ceil(longest * LETTER_WIDTH) + 12));
  const cell = Math.min(CELL_MAX, Math.max(CELL_MIN, Math.floor((visibleWidth - label - 2) / Math.max(1, days))));
  return { label, cell, width: label + cell * days, height: HEADER_HEIGHT + ROW_HEIGHT * symbols.length };
}

/** A cell: the index of its row, and the index of its day. */
export interface Place {
  row: number;
  day: number;
}

/** The selected cells: a rectangle from `cursor`, which the keys move, to `anchor`; one cell without `anchor`. */
export interface Marked {
  cursor: Place;
  anchor?: Place | undefined;
}

export interface Scroll {
  left: number;
  top: number;
}

/** The cell at a point of the box; undefined outside of the rows and days. `day` is -1 at a symbol's name. */
export function cellAt(
  layout: HeatmapLayout,
  scroll: Scroll,
  x: number,
  y: number,
  days: number,
  rows: number,
): Place | undefined {
  const row = Math.floor((y - HEADER_HEIGHT + scroll.top) / ROW_HEIGHT);
  if (y < HEADER_HEIGHT || row < 0 || row >= rows) return undefined;
  if (x < layout.label) return { row, day: -1 };
  const day = Math.floor((x - layout.label + scroll.left) / layout.cell);
  return day < days ? { row, day } : undefined;
}

/** The range of visible rows or days, end exclusive. @param step height of a row or width of a day */
export function visibleRange(scrolled: number, size: number, step: number, count: number): [from: number, to: number] {
  return [Math.max(0, Math.floor(scrolled / step)), Math.min(count, Math.ceil((scrolled + size) / step))];
}

/** The scroll position nearest to `scroll` at which the range from `at` to `at + size` is visible. @param visible length of the visible part */
export function scrollTo(scroll: number, visible: number, at: number, size: number): number {
  if (at < scroll) return at;
  return at + size > scroll + visible ? at + size - visible : scroll;
}
