/** Imports one file from a new folder, and lists the bars that the importer would store. */
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

/** A bar in one line of a test. `time` is its open time, ISO 8601 without seconds: `2024-01-02T14:30Z`. */
export type ListedBar = [
  symbol: string,
  time: string,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
];

/** Keeps the bars instead of storing them. */
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

/** Settings of an import that differ from the defaults. */
export interface ImportCase extends Partial<Omit<ImportPlan, 'read'>> {
  read?: Partial<ReadOptions>;
  symbolCase?: SymbolCase;
  /** The vendor's symbol → the symbol to store. */
  map?: ReadonlyMap<string, string>;
  /** Symbols that are stored already. */
  known?: readonly string[];
}

/** @param name the file's name, which may contain folders @returns the bars in file order, and the summary of the import */
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
    const readOptions: ReadOptions = { ...READ_DEFAULTS, symbolNames, ...read };
    const files = await inputFiles([join(folder, name)], false);
    const showPath = (path: string): string => relative(folder, path);
    const events = { onProgress: () => undefined };
    const summary = await importBars(
      { dataset: 'any', files, read: readOptions, oneSymbol: false, showPath, ...plan },
      writer,
      events,
    );
    return { bars: writer.bars, summary };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Number of refused rows by reason. */
export const reasonsOf = ({ summary }: { summary: ImportSummary }): object => summary.refused.reasons;
