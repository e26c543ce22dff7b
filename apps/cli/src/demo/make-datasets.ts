/**
 * Stores the demonstration's two datasets, corrupt rows included, with the CSV import that users have.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BarImporter } from '@barkeep/bar-repository';
import { importBars, type ImportSummary, READ_DEFAULTS, SymbolNames } from '../import/index.js';
import type { Database } from '../services/index.js';
import { csvFile, csvRow, type Market } from './market.js';

export const REFERENCE = 'reference';
export const STREAM = 'stream';

/** @returns one summary per dataset */
export async function makeDatasets(database: Database, market: Market, signal: AbortSignal): Promise<ImportSummary[]> {
  const folder = await mkdtemp(join(tmpdir(), 'barkeep-demo-'));
  try {
    const summaries: ImportSummary[] = [];
    for (const [dataset, rows] of [
      [REFERENCE, market.reference.map(csvRow)],
      [STREAM, market.streamRows],
    ] as const) {
      const path = join(folder, `${dataset}.csv`);
      const text = csvFile(rows);
      await writeFile(path, text);
      const files = [{ path, bytes: Buffer.byteLength(text) }];
      const writer = await BarImporter.open(database, dataset);
      const read = { ...READ_DEFAULTS, format: 'csv', names: new SymbolNames() };
      const plan = { dataset, files, read, oneSymbol: false, showPath: basename, signal };
      summaries.push(await importBars(plan, writer, { onProgress: () => undefined }));
    }
    return summaries;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
