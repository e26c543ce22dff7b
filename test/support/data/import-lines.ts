/** Imports the lines of a file into a dataset of a test system. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestSystem } from '../system/system.js';

/** Runs `barkeep import` on a file with these lines. @param options of the command */
export async function importLines(
  system: TestSystem,
  dataset: string,
  lines: readonly string[],
  ...options: string[]
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'barkeep-import-'));
  try {
    const file = join(folder, lines[0]!.startsWith('{') ? 'lines.ndjson' : 'lines.csv');
    await writeFile(file, `${lines.join('\n')}\n`);
    await system.barkeep('import', file, '--dataset', dataset, ...options);
  } finally {
    await rm(folder, { recursive: true });
  }
}
