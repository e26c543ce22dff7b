/** What an import is told, and what it writes to. */
import type { Bar } from '@barkeep/bars';
import type { CsvOptions } from './csv-bars.js';
import type { ImportFormat, InputFile } from './input-files.js';

/** Where the bars go; `BarImporter` of @barkeep/bar-repository is one. */
export interface BarWriter {
  write(symbol: string, bars: readonly Bar[]): Promise<void>;
  finish(): Promise<{ accepted: number; duplicate: number; conflicting: number }>;
  abort(): Promise<void>;
}

export interface ImportPlan {
  dataset: string;
  files: readonly InputFile[];
  format: ImportFormat;
  csv: CsvOptions;
  /** What the user gave on the command line; overrides what a Lean path says. */
  lean: { symbol?: string; zone?: string; priceScale?: number };
  /** Symbol of a CSV file by its path; undefined refuses the file. */
  symbolOf?: (path: string) => string | undefined;
  /** How a path is shown to the user. */
  showPath: (path: string) => string;
  /** Ends the import, with nothing kept, when it is aborted. */
  signal?: AbortSignal;
}
