/** Imports one file from a new folder, and lists what would be stored. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Bar } from '@barkeep/bars';
import { READ_DEFAULTS, type ReadOptions } from '../../../apps/cli/src/import/detect/index.js';
import { inputFiles } from '../../../apps/cli/src/import/files/index.js';
import { type SymbolCase, SymbolNames } from '../../../apps/cli/src/import/reading/index.js';
import { importBars } from '../../../apps/cli/src/import/run/import-bars.js';
import type { BarWriter, ImportPlan, StoredRows } from '../../../apps/cli/src/import/run/import-plan.js';
import type { ImportSummary } from '../../../apps/cli/src/import/run/summary.js';

export type ListedBar = [
  symbol: string,
  time: string,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

class ListingWriter implements BarWriter {
  readonly bars: ListedBar[] = [];
  write(symbol: string, bars: readonly Bar[]): Promise<void> {
    for (const { openTime, open, high, low, close, volume } of bars) {
      const time = new Date(openTime).toISOString().replace(':00.000Z', 'Z');
      this.bars.push([symbol, time, open, high, low, close, volume]);
    }
    return Promise.resolve();
  }
  finish(): Promise<StoredRows> {
    return Promise.resolve({ accepted: this.bars.length, duplicate: 0, conflicting: 0 });
  }
  abort(): Promise<void> {
    return Promise.resolve();
  }
}

export interface ImportCase extends Partial<Omit<ImportPlan, 'read'>> {
  read?: Partial<ReadOptions>;
  symbolCase?: SymbolCase;
  map?: ReadonlyMap<string, string>;
  known?: readonly string[];
}

/** @param name of the file, with folders @param content text or bytes */
export async function imported(
  name: string,
  content: string | Uint8Array,
  { read, symbolCase, map, known, ...plan }: ImportCase = {},
): Promise<{ bars: ListedBar[]; summary: ImportSummary }> {
  const folder = await mkdtemp(join(tmpdir(), 'barkeep-cases-'));
  try {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
    const writer = new ListingWriter();
    const symbolNames = new SymbolNames(symbolCase, map);
    symbolNames.know(known ?? []);
    const full: ReadOptions = { ...READ_DEFAULTS, symbolNames, ...read };
    const files = await inputFiles([join(folder, name)], false);
    const showPath = (path: string): string => relative(folder, path);
    const events = { onProgress: () => undefined };
    const summary = await importBars(
      { dataset: 'd', files, read: full, oneSymbol: false, showPath, ...plan },
      writer,
      events,
    );
    return { bars: writer.bars, summary };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Number of refusals by reason. */
export const reasonsOf = ({ summary }: { summary: ImportSummary }): object => summary.refused.reasons;
