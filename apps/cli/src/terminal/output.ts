/**
 * Output of the commands. Results go to stdout, as a table or as JSON. Progress, notes and errors go to stderr, so that
 * a pipe gets only the result.
 */
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

export type Cell = string | number | null | undefined;

/** A plain table without colours: the head on top, numbers aligned right. It reads the same in a file. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  const made = new Table({
    head: [...head],
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) made.push(row.map(shown));
  return made.toString();
}

function shown(cell: Cell): string {
  if (typeof cell === 'number') return Number.isInteger(cell) ? count(cell) : String(cell);
  return cell ?? '–';
}

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
