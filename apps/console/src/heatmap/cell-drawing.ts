/** Draws one cell of the matrix. Each state has a colour, and a pattern, number or letter for people who do not see colours. */
import { STATE_WORDS, type MatrixCell } from '../model/index.js';

/** Width from which a cell has room for text, px. */
const TEXT_WIDTH_MIN = 10;
/** The largest count that a cell has room for. */
const COUNT_MAX = 99;

/** A rectangle in CSS pixels of the canvas. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** What cells are drawn with. */
export interface Pen {
  context: CanvasRenderingContext2D;
  /** Returns the colour with a name in the page's theme. */
  colourOf: (name: string) => string;
}

/**
 * Fills a cell with the colour of its state. A cell whose state has a count shows it; in place of a large count, the letter of the state. Other
 * cells, and those too narrow for a count, have the sign of their state: a rectangle or a diagonal.
 */
export function drawCell({ context, colourOf }: Pen, cell: MatrixCell, box: Box): void {
  const { state } = cell;
  const [x, y, w, h] = box;
  context.fillStyle = colourOf(`cell-${state}`);
  context.fillRect(...box);
  const ink = colourOf(`ink-${state}`);
  context.fillStyle = ink;
  const count = countIn(cell);
  const rectangle = signIn(cell, box);
  if (count !== undefined && w >= TEXT_WIDTH_MIN) {
    const text = count > COUNT_MAX ? STATE_WORDS[state].letter : String(count);
    context.fillText(text, x + w / 2, y + h / 2 + 0.5);
  } else if (rectangle) context.fillRect(...rectangle);
  else if (state === 'in-progress') drawDiagonal(context, ink, box);
}

/** The count that a wide cell shows; undefined for a state without one. */
function countIn({ state, holes, backfilled }: MatrixCell): number | undefined {
  if (state === 'repaired') return backfilled;
  return state === 'absent' || state === 'unfillable' ? holes : undefined;
}

/** The sign of a state as a rectangle in its cell; undefined for a state with another sign or none. */
function signIn({ state }: MatrixCell, [x, y, w, h]: Box): Box | undefined {
  if (state === 'absent') return [x, y + h / 2, w, h / 2]; // the lower half
  if (state === 'unfillable') return [x, y + h / 2 - 2, w, 4]; // a horizontal bar
  if (state === 'repaired') return [x + Math.max(1, w / 2 - 1), y + 3, Math.min(2, w - 2), h - 6]; // a vertical bar
  return state === 'no-trade' ? [x + w / 2 - 1, y + h / 2 - 1, 2, 2] : undefined; // a dot
}

function drawDiagonal(context: CanvasRenderingContext2D, ink: string, [x, y, w, h]: Box): void {
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, y + h);
  context.lineTo(x + w, y);
  context.stroke();
}

/** Draws a line around a selected cell. */
export function outline({ context, colourOf }: Pen, box: Box): void {
  context.globalAlpha = 1; // also around a pale cell
  context.strokeStyle = colourOf('text');
  context.lineWidth = 2;
  context.strokeRect(...box);
}
