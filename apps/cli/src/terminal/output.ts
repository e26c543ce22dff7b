/**
 * Output of the commands. Results go to stdout, as a table or as JSON. Progress, notes and errors go to stderr, so that
 * a pipe gets only the result.
 */
import { styleText } from 'node:util';

/** Options of every command. */
export interface OutputOptions {
  json?: boolean;
}

/** Prints `value` as JSON with `--json`, otherwise the text that `text` returns. */
export function printResult(options: OutputOptions, value: unknown, text: () => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value, null, 2) : text()}\n`);
}

/** Prints a line that is not part of the result, on stderr. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Colours text, unless NO_COLOR is set or `stream` is not a terminal. @param stream the text is written to it */
export function colour(
  name: 'green' | 'yellow' | 'red',
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(name, text, { stream });
}

type Cell = string | number | null | undefined;

const WIDTH_DEFAULT = 80;
/** No column is made narrower than this. */
const COLUMN_MIN = 9;
/** A column stays wide enough for its words up to this length; longer words, such as addresses, may be broken. */
const WORD_MAX = 48;

/**
 * Formats a table with a header row and without colours; numbers are aligned to the right. A table that is wider than
 * the terminal (80 columns when there is none) gets no borders, and then its widest cells are wrapped.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = terminalWidth()): string {
  const cells = rows.map((row) => row.map(cellText));
  const longest = (column: number, separator: RegExp): number =>
    [head, ...cells]
      .flatMap((row) => (row[column] ?? '').split(separator))
      .reduce((most, { length }) => Math.max(most, length), 0);
  const widths = head.map((_, column) => longest(column, /\n/));
  const isNumeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const isBordered = sum(widths) + 3 * head.length + 1 <= width;
  if (!isBordered) {
    const wordWidths = head.map((_, column) => Math.min(WORD_MAX, longest(column, /\s/)));
    // Keeps whole words first, then breaks them too.
    for (const kept of [wordWidths, []]) narrow(widths, isNumeric, width - 2 * (head.length - 1), kept);
  }
  const draw = (row: readonly string[]): string[] =>
    rowLines(row, widths, isNumeric).map((parts) =>
      isBordered ? `│ ${parts.join(' │ ')} │` : parts.join('  ').trimEnd(),
    );
  const [headLines, bodyLines] = [draw(head), cells.flatMap(draw)];
  if (!isBordered) return [...headLines, ...bodyLines].join('\n');
  const rule = (left: string, crossing: string, right: string): string =>
    `${left}${widths.map((columnWidth) => '─'.repeat(columnWidth + 2)).join(crossing)}${right}`;
  return [rule('┌', '┬', '┐'), ...headLines, rule('├', '┼', '┤'), ...bodyLines, rule('└', '┴', '┘')].join('\n');
}

/** Wraps prose at the width of the terminal. Indented lines, such as commands, stay as they are. */
export function wrapped(text: string, width = terminalWidth()): string {
  const tooWide = `^\\S.{${width},}`;
  return text
    .replace(new RegExp(`(${tooWide}[^.:\\n])\\n(?=\\S)`, 'gm'), '$1 ') // joins a sentence that was broken into lines
    .replace(new RegExp(`${tooWide}$`, 'gm'), (line) =>
      line.replace(new RegExp(`(.{1,${width}})(?: +|$)`, 'g'), '$1\n').trimEnd(),
    );
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}

/** Makes the widest text columns narrower until all columns fit. @param kept width that each column must keep */
function narrow(widths: number[], isNumeric: readonly boolean[], width: number, kept: readonly number[]): void {
  const canShrink = (column: number): boolean =>
    !isNumeric[column] && widths[column]! > Math.max(COLUMN_MIN, kept[column] ?? 0);
  while (sum(widths) > width) {
    const [widest] = [...widths.keys()].filter(canShrink).sort((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) return;
    widths[widest]!--;
  }
}

/** The lines of a row: for each line the text of every column, padded to the column's width. */
function rowLines(row: readonly string[], widths: readonly number[], isNumeric: readonly boolean[]): string[][] {
  const cells = widths.map((width, column) => breakLines(row[column] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  const padded = (text: string, column: number): string =>
    isNumeric[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
  return Array.from({ length: height }, (_, i) => cells.map((lines, column) => padded(lines[i] ?? '', column)));
}

/** Breaks text into lines of at most `width`: at spaces, and within words that are longer than a line. */
function breakLines(text: string, width: number): string[] {
  const line = new RegExp(`(?! ).{1,${width}}(?= |$)|(?! ).{1,${width}}`, 'gm');
  return text.match(line) ?? [''];
}

function terminalWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS']);
  return columns > 0 ? columns : WIDTH_DEFAULT;
}

function cellText(cell: Cell): string {
  if (typeof cell === 'number') return Number.isInteger(cell) ? formatCount(cell) : String(cell);
  return cell ?? '–';
}

/** 1234567 as 1,234,567. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}
