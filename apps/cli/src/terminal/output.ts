/** Output of the commands. Results go to stdout, as a table or JSON; progress, notes and errors to stderr, so pipes get only results. */
import { styleText } from 'node:util';
import Table from 'cli-table3';

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
export function colour(name: 'green' | 'yellow' | 'red', text: string, stream: NodeJS.WriteStream = process.stdout) {
  return styleText(name, text, { stream });
}

export type Cell = string | number | null | undefined;
type TextRow = readonly string[];

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid';
const NO_BORDERS = Object.fromEntries(BORDERS.split(' ').map((name) => [name, '']));
/** No colours, and no lines between rows. */
const PLAIN = { head: [], border: [], compact: true };
const WIDTH_DEFAULT = 80;
/** Rows that the library draws at once, because its time grows with the square of the rows. */
const ROWS_DRAWN = 500;
/** No column is made narrower than this. */
const COLUMN_MIN = 9;
/** A column stays wide enough for its words up to this length; longer words, such as addresses, may be broken. */
const WORD_MAX = 48;

/**
 * Formats a table with a header row and without colours; numbers are aligned to the right. A table that is wider than
 * the terminal (80 columns when there is none) gets no borders, and then its widest cells are wrapped.
 */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], width = terminalWidth()): string {
  const alignments = head.map((_, column) => (rows.some((row) => typeof row[column] === 'number') ? 'right' : 'left'));
  const texts = [head, ...rows.map((row) => row.map(cellText))];
  const fullWidths = longestParts(texts, /\n/);
  const bordersWidth = 3 * head.length + 1; // two spaces and a border for each column, and the last border
  const isBordered = sumOf(fullWidths) + bordersWidth <= width;
  const widths = isBordered ? fullWidths : fittingWidths(texts, alignments, fullWidths, width);
  const fitted = texts.map((row) => row.map((text, column) => breakLines(text, widths[column]!)));
  const style = isBordered ? borderedStyle(widths, rows.length) : borderlessStyle(widths);
  const lines = drawInParts(fitted, { colAligns: alignments, ...style }, isBordered);
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** For each column, the length of the longest part of its texts between separators. */
function longestParts([head = [], ...rows]: readonly TextRow[], separator: RegExp): number[] {
  return head.map((name, column) =>
    [name, ...rows.map((row) => row[column] ?? '')]
      .flatMap((text) => text.split(separator))
      .reduce((most, { length }) => Math.max(most, length), 0),
  );
}

/** Widths with which a table without borders fits, if possible. @param fullWidths the widths that no text exceeds */
function fittingWidths(
  texts: readonly TextRow[],
  alignments: readonly string[],
  fullWidths: readonly number[],
  width: number,
): number[] {
  const columnsWidth = width - 2 * (alignments.length - 1); // without the two spaces between columns
  const widths = [...fullWidths];
  const wordWidths = longestParts(texts, /\s/).map((length) => Math.min(WORD_MAX, length));
  // First keeps words whole. If the table is still too wide, breaks words too.
  for (const kept of [wordWidths, []]) narrow(widths, alignments, columnsWidth, kept);
  return widths;
}

/** Lowers the widths of the widest text columns until all columns fit. @param kept width that each column must keep */
function narrow(widths: number[], alignments: readonly string[], columnsWidth: number, kept: readonly number[]): void {
  const canShrink = (column: number): boolean =>
    alignments[column] === 'left' && widths[column]! > Math.max(COLUMN_MIN, kept[column] ?? 0);
  while (sumOf(widths) > columnsWidth) {
    const [widest] = [...widths.keys()].filter(canShrink).sort((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) return;
    widths[widest]!--;
  }
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0);
}

function borderedStyle(widths: readonly number[], rowCount: number): Table.TableConstructorOptions {
  // When the whole table is drawn at once, the library finds the widths, also those of wide characters.
  const isOnePart = rowCount <= ROWS_DRAWN;
  return { style: PLAIN, colWidths: isOnePart ? [] : widths.map((width) => width + 2) }; // + 2: a space on each side
}

function borderlessStyle(colWidths: number[]): Table.TableConstructorOptions {
  const style = { ...PLAIN, 'padding-left': 0, 'padding-right': 0 };
  return { style, colWidths, chars: { ...NO_BORDERS, middle: '  ' } };
}

/** The lines of a table that the library draws in parts of {@link ROWS_DRAWN} rows. */
function drawInParts(
  [head = [], ...rows]: readonly string[][],
  options: Table.TableConstructorOptions,
  isBordered: boolean,
): string[] {
  const lines: string[] = [];
  // A table without rows is drawn too, for its header.
  for (let from = 0; from === 0 || from < rows.length; from += ROWS_DRAWN) {
    const isFirst = from === 0;
    const isLast = from + ROWS_DRAWN >= rows.length;
    const part = new Table({ ...options, head: isFirst ? head : [] });
    part.push(...rows.slice(from, from + ROWS_DRAWN));
    const drawn = part.toString().split('\n');
    // The borders between two parts are left out.
    lines.push(...(isBordered ? drawn.slice(isFirst ? 0 : 1, isLast ? undefined : -1) : drawn));
  }
  return lines;
}

/** Wraps prose at the width of the terminal. Indented lines, such as commands, stay as they are. */
export function wrapped(text: string, width = terminalWidth()): string {
  const wide = `^\\S.{${width},}`; // the pattern of a line that is not indented and is longer than `width`
  const wideLine = new RegExp(`${wide}$`, 'gm');
  const brokenSentence = new RegExp(`(${wide}[^.:\\n])\\n(?=\\S)`, 'gm'); // a wide line, and the next line continues it
  const fittingPart = new RegExp(`(.{1,${width}})(?: +|$)`, 'g');
  const joined = text.replace(brokenSentence, '$1 ');
  return joined.replace(wideLine, (line) => line.replace(fittingPart, '$1\n').trimEnd());
}

/** Breaks text into lines of at most `width`: at spaces, and within words that are longer than a line. */
function breakLines(text: string, width: number): string {
  const wholeWords = `(?! ).{1,${width}}(?= |$)`;
  const partOfWord = `(?! ).{1,${width}}`;
  const line = new RegExp(`${wholeWords}|${partOfWord}`, 'gm');
  return text.match(line)?.join('\n') ?? '';
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
