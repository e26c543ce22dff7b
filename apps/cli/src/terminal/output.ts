/**
 * Output of the commands. Results go to stdout, as a table or as JSON. Progress, notes and errors go to stderr, so that
 * a pipe gets only the result.
 */
import { styleText } from 'node:util';
import Table from 'cli-table3';

/** Options of every command. */
export interface OutputOptions {
  json?: boolean;
}

/** Prints `value` as JSON under `--json`, otherwise the result of `text`. */
export function printResult(options: OutputOptions, value: unknown, text: () => string): void {
  process.stdout.write(`${options.json ? JSON.stringify(value, null, 2) : text()}\n`);
}

/** Prints a line on stderr, which is not part of the result. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Colours text on a terminal; plain where there is none, or with NO_COLOR. @param stream where the text goes */
export function colour(
  name: 'green' | 'yellow' | 'red',
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(name, text, { stream });
}

export type Cell = string | number | null | undefined;

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid';
const NO_BORDERS = Object.fromEntries(BORDERS.split(' ').map((name) => [name, '']));
const WIDTH_DEFAULT = 80;
/** The least width to which the text of a column is wrapped. */
const COLUMN_MIN = 9;
/** Longer words, such as addresses, are cut before a column becomes wider. */
const WORD_MAX = 48;

/**
 * A table without colours, with a header row; numbers are aligned to the right. To fit the terminal (80 columns when
 * there is none), a table that is too wide loses its borders, and then its widest texts are wrapped.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = terminalWidth()): string {
  const texts = rows.map((row) => row.map(shown));
  const widest = (column: number, ends: RegExp): number =>
    Math.max(...[head, ...texts].flatMap((row) => (row[column] ?? '').split(ends)).map((part) => part.length));
  const widths = head.map((_, column) => widest(column, /\n/));
  const sum = (columns: readonly number[]): number => columns.reduce((total, column) => total + column, 0);
  const aligned = head.map((_, column) => (rows.some((row) => typeof row[column] === 'number') ? 'right' : 'left'));
  const isBordered = sum(widths) + 3 * head.length + 1 <= width;
  if (!isBordered) {
    const words = head.map((_, column) => Math.min(WORD_MAX, widest(column, /\s/)));
    for (const least of [words, []]) narrow(widths, aligned, width - 2 * (head.length - 1), least);
  }
  const fitted = (row: readonly string[]): string[] => row.map((text, column) => brokenAt(text, widths[column]!));
  const made = new Table({
    head: fitted(head),
    colAligns: aligned,
    style: { head: [], border: [], compact: true, ...(!isBordered && { 'padding-left': 0, 'padding-right': 0 }) },
    ...(!isBordered && {
      chars: { ...NO_BORDERS, middle: '  ' },
      colWidths: widths,
    }),
  });
  for (const row of texts) made.push(fitted(row));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Breaks prose that is wider than the terminal at spaces. Indented lines, such as commands, stay. */
export function wrapped(text: string, width = terminalWidth()): string {
  const tooWide = `^\\S.{${width},}`;
  return text
    .replace(new RegExp(`(${tooWide}[^.:\\n])\\n(?=\\S)`, 'gm'), '$1 ') // a sentence that continues on the next line
    .replace(new RegExp(`${tooWide}$`, 'gm'), (line) =>
      line.replace(new RegExp(`(.{1,${width}})(?: +|$)`, 'g'), '$1\n').trimEnd(),
    );
}

/** Takes from the widest text columns until all columns fit. @param least by column, what it must keep */
function narrow(widths: number[], aligned: readonly string[], width: number, least: readonly number[]): void {
  const canGive = (column: number): boolean =>
    aligned[column] === 'left' && widths[column]! > Math.max(COLUMN_MIN, least[column] ?? 0);
  while (widths.reduce((total, column) => total + column, 0) > width) {
    const [widest] = [...widths.keys()].filter(canGive).sort((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) return;
    widths[widest]!--;
  }
}

/** Breaks text into lines of a width: at spaces, and within words that are longer. */
function brokenAt(text: string, width: number): string {
  const line = new RegExp(`(?! ).{1,${width}}(?= |$)|(?! ).{1,${width}}`, 'gm');
  return text.match(line)?.join('\n') ?? '';
}

function terminalWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS']);
  return columns > 0 ? columns : WIDTH_DEFAULT;
}

function shown(cell: Cell): string {
  if (typeof cell === 'number') return Number.isInteger(cell) ? formatCount(cell) : String(cell);
  return cell ?? '–';
}

/** 1234567 as 1,234,567. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}
