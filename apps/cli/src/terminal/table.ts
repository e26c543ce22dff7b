/** Formats tables for the terminal, as text without colours. */
import stringWidth from 'string-width';
import { formatCount, terminalWidth } from './output.js';

/** A null cell is shown as a dash. A row may lack its last cells: they are empty. */
type Cell = string | number | null;

interface Column {
  /** The name in the header, then the text of each row. */
  texts: string[];
  /** Numbers are aligned to the right and stay in one line. */
  isNumber: boolean;
  width: number;
  /** The width that keeps its words whole. Words longer than {@link WORD_MAX}, such as addresses, may be broken. */
  wordWidth: number;
}

/** What a line has before its first cell, between two cells, and after its last one. */
const LINES = {
  plain: ['', '  ', ''],
  bordered: ['│ ', ' │ ', ' │'],
  top: ['┌─', '─┬─', '─┐'],
  middle: ['├─', '─┼─', '─┤'],
  bottom: ['└─', '─┴─', '─┘'],
} as const;
/** No column is made narrower than this. */
const COLUMN_MIN = 9;
const WORD_MAX = 48;

/**
 * Formats a table with a header row. A table that is wider than the terminal (80 columns when there is none) gets no
 * borders, and then its widest texts are broken into lines.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = terminalWidth()): string {
  const columns = head.map((name, index) =>
    columnOf(
      name,
      rows.map((row) => row[index]),
    ),
  );
  const isBordered = totalWidth(columns) + 3 * columns.length + 1 <= width;
  if (!isBordered) narrow(columns, width - 2 * (columns.length - 1));
  const style = isBordered ? 'bordered' : 'plain';
  const headLines = rowLines(columns, 0, style);
  const bodyLines = rows.flatMap((_, index) => rowLines(columns, index + 1, style));
  if (!isBordered) return [...headLines, ...bodyLines].join('\n');
  const rule = (at: 'top' | 'middle' | 'bottom'): string =>
    lineOf(
      columns.map((column) => '─'.repeat(column.width)),
      at,
    );
  const body = rows.length > 0 ? [rule('middle'), ...bodyLines] : [];
  return [rule('top'), ...headLines, ...body, rule('bottom')].join('\n');
}

function columnOf(name: string, cells: readonly (Cell | undefined)[]): Column {
  const texts = [name, ...cells.map(cellText)];
  const isNumber = cells.some((cell) => typeof cell === 'number');
  const wordWidth = Math.min(WORD_MAX, widestPart(texts, /\s/));
  return { texts, isNumber, width: widestPart(texts, /\n/), wordWidth };
}

function cellText(cell: Cell | undefined = ''): string {
  if (typeof cell === 'number') return Number.isInteger(cell) ? formatCount(cell) : String(cell);
  return cell ?? '–';
}

function widestPart(texts: readonly string[], separator: RegExp): number {
  const parts = texts.flatMap((text) => text.split(separator));
  return parts.reduce((most, part) => Math.max(most, stringWidth(part)), 0);
}

function totalWidth(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0);
}

/**
 * Lowers the widths of the widest text columns until all columns fit: at first only as far as words stay whole, then further. If even that
 * would not be enough, words stay whole.
 */
function narrow(columns: readonly Column[], available: number): void {
  for (const keepsWords of [true, false]) {
    const widthMin = ({ isNumber, width, wordWidth }: Column): number =>
      isNumber ? width : Math.min(width, Math.max(COLUMN_MIN, keepsWords ? wordWidth : 0));
    const narrowest = columns.reduce((sum, column) => sum + widthMin(column), 0);
    if (!keepsWords && narrowest > available) return;
    while (totalWidth(columns) > available) {
      const [widest] = columns.filter((column) => column.width > widthMin(column)).sort((a, b) => b.width - a.width);
      if (widest === undefined) break;
      widest.width--;
    }
  }
}

/** The lines of a row: as many as its cell with the most lines has. */
function rowLines(columns: readonly Column[], row: number, style: 'plain' | 'bordered'): string[] {
  const cells = columns.map(({ texts, width }) => brokenLines(texts[row]!, width));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = columns.map((column, index) => padded(cells[index]![line] ?? '', column));
    return lineOf(parts, style);
  });
}

function lineOf(parts: readonly string[], style: keyof typeof LINES): string {
  const [left, between, right] = LINES[style];
  return `${left}${parts.join(between)}${right}`.trimEnd();
}

function padded(text: string, { width, isNumber }: Column): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return isNumber ? blanks + text : text + blanks;
}

/** Breaks a text into lines of at most `width`: at spaces, and within words that are longer than a line. */
function brokenLines(text: string, width: number): string[] {
  const wholeWords = `(?! ).{1,${width}}(?= |$)`;
  const partOfWord = `(?! ).{1,${width}}`;
  return text.match(new RegExp(`${wholeWords}|${partOfWord}`, 'gm')) ?? [];
}
