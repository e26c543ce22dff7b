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

/**
 * A table without colours, with a header row; numbers are aligned to the right. To fit the terminal (80 columns when
 * there is none), a table that is too wide loses its borders, and then its widest texts are wrapped.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = terminalWidth()): string {
  const texts = rows.map((row) => row.map(shown));
  const widths = head.map((name, column) =>
    Math.max(
      ...[name, ...texts.map((row) => row[column] ?? '')]
        .flatMap((text) => text.split('\n'))
        .map((line) => line.length),
    ),
  );
  const sum = (columns: readonly number[]): number => columns.reduce((total, column) => total + column, 0);
  const aligned = head.map((_, column) => (rows.some((row) => typeof row[column] === 'number') ? 'right' : 'left'));
  const isBordered = sum(widths) + 3 * head.length + 1 <= width;
  if (!isBordered) narrow(widths, aligned, width - 2 * (head.length - 1));
  const made = new Table({
    head: [...head],
    colAligns: aligned,
    style: { head: [], border: [], compact: true, ...(!isBordered && { 'padding-left': 0, 'padding-right': 0 }) },
    ...(!isBordered && {
      chars: { ...NO_BORDERS, middle: '  ' },
      colWidths: widths,
      wordWrap: true,
      wrapOnWordBoundary: false,
    }),
  });
  for (const row of texts) made.push(row);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Takes from the widest text columns until all columns fit. */
function narrow(widths: number[], aligned: readonly string[], width: number): void {
  while (widths.reduce((total, column) => total + column, 0) > width) {
    const widest = widths.indexOf(Math.max(...widths.filter((_, column) => aligned[column] === 'left')));
    if (widest < 0 || widths[widest]! <= COLUMN_MIN) return;
    widths[widest]!--;
  }
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
