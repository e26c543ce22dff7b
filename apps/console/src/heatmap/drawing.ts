/** Draws the visible part of the matrix on a canvas. */
import { cellOf, type CellState, type Matrix, type MatrixDay } from '../model/index.js';
import { drawCell, outline, type Box, type Pen } from './cell-drawing.js';
import { HEADER_HEIGHT, ROW_HEIGHT, visibleRange, type HeatmapLayout, type Marked, type Scroll } from './layout.js';

/** What is drawn. */
export interface Picture {
  matrix: Matrix;
  /** The symbols of the rows, from top to bottom. */
  symbols: readonly string[];
  layout: HeatmapLayout;
  /** Index of the first day that the clock has not closed. */
  openDay: number;
  /** Cells in other states are drawn pale. */
  filter: CellState | undefined;
  marked: Marked | undefined;
}

const FILTERED_OPACITY = 0.15;
/** Width that a date in the header needs, px: without its year, and with it. */
const [DATE_WIDTH, YEAR_DATE_WIDTH] = [44, 72];

/** A function that reads colours of the page's theme: the custom property `--name` of the element. */
export function coloursOf(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  const known = new Map<string, string>();
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) known.set(name, (colour = style.getPropertyValue(`--${name}`).trim()));
    return colour;
  };
}

/** Draws what is visible at a scroll position. The canvas has the size of the box that scrolls. */
export function draw(canvas: HTMLCanvasElement, picture: Picture, scroll: Scroll): void {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  // A canvas has whole pixels. A new size empties it, which costs time.
  const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixelWidth) canvas.width = pixelWidth;
  if (canvas.height !== pixelHeight) canvas.height = pixelHeight;
  const context = canvas.getContext('2d')!;
  const colourOf = coloursOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const { layout, matrix, symbols } = picture;
  const days = visibleRange(scroll.left, width - layout.labelWidth, layout.cellWidth, matrix.days.length);
  const rows = visibleRange(scroll.top, height - HEADER_HEIGHT, ROW_HEIGHT, symbols.length);
  const sheet: Sheet = { context, colourOf, picture, scroll, days, rows };
  drawCells(sheet);
  // The symbols and the dates cover the cells that are scrolled below them.
  context.fillStyle = colourOf('panel');
  context.fillRect(0, 0, layout.labelWidth, height);
  context.fillRect(0, 0, width, HEADER_HEIGHT);
  context.fillStyle = colourOf('muted');
  context.font = '11px system-ui, sans-serif';
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  drawSymbols(sheet);
  drawDates(sheet);
  drawClock(sheet, height);
}

type Range = readonly [from: number, to: number];

/** What the drawing functions share: the canvas, the colours, the picture and its visible part. */
interface Sheet extends Pen {
  picture: Picture;
  scroll: Scroll;
  /** The days and rows that are visible, ends exclusive. */
  days: Range;
  rows: Range;
}

function drawCells(sheet: Sheet): void {
  const { context, picture, scroll, days, rows } = sheet;
  const { layout, matrix, symbols, openDay, filter, marked } = picture;
  context.font = '10px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let day = days[0]; day < days[1]; day++) {
      const cell = cellOf(matrix, symbols[row]!, day, openDay);
      const x = layout.labelWidth + day * layout.cellWidth - scroll.left;
      const y = HEADER_HEIGHT + row * ROW_HEIGHT - scroll.top;
      const box: Box = [x, y, layout.cellWidth - 1, ROW_HEIGHT - 1]; // 1 px stays free between two cells
      context.globalAlpha = filter === undefined || filter === cell.state ? 1 : FILTERED_OPACITY;
      drawCell(sheet, cell, box);
      if (isSelected(marked, row, day)) outline(sheet, box);
    }
  }
  context.globalAlpha = 1;
}

/** Whether a cell is in the marked rectangle, whose corners are cursor and anchor. */
function isSelected(marked: Marked | undefined, row: number, day: number): boolean {
  if (!marked) return false;
  const { cursor, anchor = cursor } = marked;
  const isBetween = (value: number, a: number, b: number) => value >= Math.min(a, b) && value <= Math.max(a, b);
  return isBetween(row, cursor.row, anchor.row) && isBetween(day, cursor.day, anchor.day);
}

function drawSymbols({ context, picture, scroll, rows }: Sheet): void {
  const { layout, symbols } = picture;
  context.save();
  context.beginPath();
  context.rect(0, HEADER_HEIGHT, layout.labelWidth - 4, context.canvas.height); // 4 px stay free before the cells
  context.clip();
  for (let row = rows[0]; row < rows[1]; row++) {
    context.fillText(symbols[row]!, 0, HEADER_HEIGHT + (row + 0.5) * ROW_HEIGHT - scroll.top);
  }
  context.restore();
}

/** Draws the dates of those days that are far enough from each other; with the year when the days are not all of one year. */
function drawDates({ context, picture, scroll, days }: Sheet): void {
  const { layout, matrix } = picture;
  const yearOf = (day: MatrixDay | undefined) => day?.date.slice(0, 'YYYY'.length);
  const isOneYear = yearOf(matrix.days[0]) === yearOf(matrix.days.at(-1));
  const dateWidth = isOneYear ? DATE_WIDTH : YEAR_DATE_WIDTH;
  const lastX = context.canvas.clientWidth - dateWidth; // further right a date would be cut
  const daysPerDate = Math.max(1, Math.ceil(dateWidth / layout.cellWidth));
  for (let day = Math.ceil(days[0] / daysPerDate) * daysPerDate; day < days[1]; day += daysPerDate) {
    const x = layout.labelWidth + day * layout.cellWidth - scroll.left;
    if (x <= lastX)
      context.fillText(matrix.days[day]!.date.slice(isOneYear ? 'YYYY-'.length : 0), x, HEADER_HEIGHT / 2);
  }
}

/** Draws a line between the days that the clock has closed and the other days. */
function drawClock({ context, colourOf, picture, scroll }: Sheet, height: number): void {
  const { layout, matrix, openDay, symbols } = picture;
  if (openDay <= 0 || openDay >= matrix.days.length) return;
  const x = layout.labelWidth + openDay * layout.cellWidth - scroll.left - 1;
  if (x < layout.labelWidth) return;
  context.fillStyle = colourOf('text');
  context.fillRect(x, HEADER_HEIGHT, 2, Math.min(height, symbols.length * ROW_HEIGHT - scroll.top));
}
