/** Where the cells of the heatmap are, in CSS pixels. Pure. */

export const ROW_HEIGHT = 16;
export const HEADER_HEIGHT = 20;
const CELL_WIDTH_MIN = 5;
const CELL_WIDTH_MAX = 56;
const LABEL_WIDTH_MIN = 60;
const LABEL_WIDTH_MAX = 150;
/** Width of a letter in a symbol's name, about. */
const LETTER_WIDTH = 7.2;
/** Space between the symbols' names and the cells. */
const LABEL_PADDING = 12;

export interface HeatmapLayout {
  labelWidth: number;
  cellWidth: number;
  /** Size of the whole picture, which may be larger than its visible part. */
  width: number;
  height: number;
}

/** Gives each day the same width, so that all fit if they can. @param visibleWidth width of the box in which the picture scrolls */
export function heatmapLayout(visibleWidth: number, days: number, symbols: readonly string[]): HeatmapLayout {
  const longestName = symbols.reduce((longest, symbol) => Math.max(longest, symbol.length), 0);
  const labelWidth = within(LABEL_WIDTH_MIN, Math.ceil(longestName * LETTER_WIDTH) + LABEL_PADDING, LABEL_WIDTH_MAX);
  const widthPerDay = Math.floor((visibleWidth - labelWidth - 2) / Math.max(1, days)); // 2 px stay free on the right
  const cellWidth = within(CELL_WIDTH_MIN, widthPerDay, CELL_WIDTH_MAX);
  const height = HEADER_HEIGHT + ROW_HEIGHT * symbols.length;
  return { labelWidth, cellWidth, width: labelWidth + cellWidth * days, height };
}

/** The value, or the limit that it is beyond. */
function within(min: number, value: number, max: number): number {
  return Math.min(max, Math.max(min, value));
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

/** The symbols of the marked rows. */
export function markedSymbols(symbols: readonly string[], { cursor, anchor = cursor }: Marked): readonly string[] {
  return symbols.slice(Math.min(cursor.row, anchor.row), Math.max(cursor.row, anchor.row) + 1);
}

/**
 * The mark after the rows have changed, for example their order. Undefined when the same symbols are not beside each other any more.
 * @param before the symbols of the rows when `marked` was made @param symbols of the rows now
 */
export function markAfter(before: readonly string[], symbols: readonly string[], marked: Marked): Marked | undefined {
  const moved = (place: Place): Place => ({ ...place, row: symbols.indexOf(before[place.row]!) });
  const after = { cursor: moved(marked.cursor), anchor: marked.anchor && moved(marked.anchor) };
  const namesOf = (rows: readonly string[]) => rows.toSorted().join('\n');
  const isSame = namesOf(markedSymbols(symbols, after)) === namesOf(markedSymbols(before, marked));
  return isSame ? after : undefined;
}

/** How far the picture is scrolled. */
export interface Scroll {
  left: number;
  top: number;
}

/**
 * The cell at a point; undefined outside of the rows and days. `day` is -1 at a symbol's name.
 * @param x, y the point in the visible part @param days, rows numbers of days and rows
 */
export function cellAt(layout: HeatmapLayout, scroll: Scroll, x: number, y: number, days: number, rows: number) {
  const row = Math.floor((y - HEADER_HEIGHT + scroll.top) / ROW_HEIGHT);
  if (y < HEADER_HEIGHT || row < 0 || row >= rows) return undefined;
  if (x < layout.labelWidth) return { row, day: -1 };
  const day = Math.floor((x - layout.labelWidth + scroll.left) / layout.cellWidth);
  return day < days ? { row, day } : undefined;
}

/** The range of visible rows or days, end exclusive. @param size of the visible part @param step height of a row or width of a day */
export function visibleRange(scrolled: number, size: number, step: number, count: number): [from: number, to: number] {
  return [Math.max(0, Math.floor(scrolled / step)), Math.min(count, Math.ceil((scrolled + size) / step))];
}

/** The cell that is a step away from another one; the nearest one when the step leads out of the rows and days. */
export function movedBy(step: Place, from: Place, days: number, rows: number): Place {
  return { row: within(0, from.row + step.row, rows - 1), day: within(0, from.day + step.day, days - 1) };
}

/**
 * The scroll position nearest to `scroll` at which the range from `at` to `at + size` is visible.
 * @param visible length of the visible part
 */
export function scrollTo(scroll: number, visible: number, at: number, size: number): number {
  if (at < scroll) return at;
  return at + size > scroll + visible ? at + size - visible : scroll;
}
