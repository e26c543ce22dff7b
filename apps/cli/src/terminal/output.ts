/** Output of the commands. Results go to stdout, as a table or JSON; progress, notes and errors to stderr, so pipes get only results. */
import { styleText } from 'node:util';

const WIDTH_DEFAULT = 80;

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

/**
 * Wraps prose at the width of the terminal. First joins each line that is too wide with the next one, if that continues its sentence; then
 * breaks the wide lines at spaces. Indented lines, such as commands, stay as they are.
 */
export function wrapped(text: string, width = terminalWidth()): string {
  const wide = `^\\S.{${width},}`; // the pattern of a line that is not indented and is longer than `width`
  const withinSentence = new RegExp(`(${wide}[^.:\\n])\\n(?=\\S)`, 'gm');
  const wideLine = new RegExp(`${wide}$`, 'gm');
  const fittingPart = new RegExp(`(.{1,${width}})(?: +|$)`, 'g');
  const joined = text.replace(withinSentence, '$1 ');
  return joined.replace(wideLine, (line) => line.replace(fittingPart, '$1\n').trimEnd());
}

/** Number of columns of the terminal; 80 when there is none. */
export function terminalWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env['COLUMNS']);
  return columns > 0 ? columns : WIDTH_DEFAULT;
}

/** Counts by reason as `off-grid 2, not-a-number 1,234`. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(', ');
}

/** 1234567 as 1,234,567. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}
