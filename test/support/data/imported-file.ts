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
/** Indexes of the fields of a {@link ListedBar}. */
export const [SYMBOL, TIME, CLOSE, VOLUME] = [0, 1, 5, 6] as const;
/** Open, high, low, close and volume of a listed bar. */
export const valuesOf = (bar: ListedBar | undefined): unknown[] | undefined => bar?.slice(2);

/** What an import made of a file: the bars in file order, and its summary. */
export interface ImportedFile {
  bars: ListedBar[];
  summary: ImportSummary;
}

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

/** `--symbol X`: rows are stored as the symbol X. Names of symbols in the file are only compared with each other. */
export const STORE_AS_X: ImportCase = { read: { symbol: 'X' } };

/** Imports a file with this content, without storing its bars. @param name the file's name, which may contain folders */
export async function imported(
  name: string,
  content: string | Uint8Array,
  { read, symbolCase, map, known, ...plan }: ImportCase = {},
): Promise<ImportedFile> {
  const folder = await mkdtemp(join(tmpdir(), 'barkeep-cases-'));
  try {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
    const writer = new ListingWriter();
    const symbolNames = new SymbolNames(symbolCase, map);
    symbolNames.know(known ?? []);
    const readOptions: ReadOptions = { ...READ_DEFAULTS, symbolNames, ...read };
    const onlyLean = false;
    const files = await inputFiles([join(folder, name)], onlyLean);
    const showPath = (path: string): string => relative(folder, path);
    const fullPlan = { dataset: 'any', files, read: readOptions, oneSymbol: false, showPath, ...plan };
    const summary = await importBars(fullPlan, writer, { onProgress: () => undefined });
    return { bars: writer.bars, summary };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** How many rows or whole files were refused for each reason. */
export const reasonsOf = ({ summary }: ImportedFile): object => summary.refused.reasons;

/** How many bars were stored, and {@link reasonsOf} the refused rows. */
export const countsOf = (result: ImportedFile): { bars: number; refused: object } => ({
  bars: result.bars.length,
  refused: reasonsOf(result),
});

/** The symbols of the stored bars, in the order of the rows. */
export const symbolsOf = ({ bars }: ImportedFile): string[] => bars.map((bar) => bar[SYMBOL]);

/** The message of the first refusal; empty when nothing was refused. */
export const detailOf = ({ summary }: ImportedFile): string => summary.refused.first[0]?.detail ?? '';

/** Imports a file. @returns its refusals when nothing was stored, otherwise its warnings; empty when there are none */
export async function outcomeOf(text: string, options: ImportCase = STORE_AS_X, name = 'a.csv'): Promise<string> {
  const { bars, summary } = await imported(name, text, options);
  if (bars.length === 0) return summary.refused.first.map(({ reason, detail }) => `${reason}: ${detail}`).join();
  return summary.warnings.join('\n');
}
