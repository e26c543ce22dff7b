/** What the tests of several examples check: printed tables and numbers, and a run that is interrupted. */
import type { ExampleRun } from './example-run.js';

/** The cells of the printed tables, without the header rows. An empty line separates tables, two spaces separate cells. */
export function tablesOf(printed: string): string[][][] {
  const rowsOf = (table: string) => table.trim().split('\n').slice(1);
  return printed.split('\n\n').map((table) => rowsOf(table).map((row) => row.trim().split(/ {2,}/)));
}

/** With two decimals and a comma before each group of three digits: `1,234.50`. */
export function decimals(value: number): string {
  return value.toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ',');
}

/** Interrupts the example, which must then end with an error and leave no session or key. */
export async function expectCleanInterruption(example: ExampleRun): Promise<void> {
  const { code, stdout, stderr } = await example.interrupted();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^example: interrupted by SIGINT$/m);
  expect(await example.leftovers()).toEqual({ sessions: 0, keys: [] });
}
