/** The plan of an import: which files it reads, and how. Also the writer that takes its bars, and the events that it reports. */
import type { BarImporter } from '@barkeep/bar-repository';
import type { ReadOptions } from '../detect/index.js';
import type { InputFile } from '../files/index.js';
import type { CalendarCheck } from './calendar-check.js';
import type { CompleteDays } from './complete-days.js';
import type { UnderstoodFiles } from './logs.js';

/** Takes the bars of an import. `abort` removes them when the import fails; without it, they stay. */
export type BarWriter = Pick<BarImporter, 'write' | 'finish'> & Partial<Pick<BarImporter, 'abort'>>;
/** Numbers of rows: accepted, duplicate and conflicting. */
export type StoredRows = Awaited<ReturnType<BarWriter['finish']>>;

export interface ImportPlan {
  /** Name of the dataset, or of the session, that gets the bars. */
  dataset: string;
  files: readonly InputFile[];
  /** How rows are read: their columns, times, symbols and prices. */
  read: ReadOptions;
  /** Finds the symbol in a path by --symbol-from-path; undefined for a path that the pattern does not match. */
  symbolOf?: (path: string) => string | undefined;
  /** With --one-symbol: files of one zip, or rows of several names, may become one symbol. */
  oneSymbol: boolean;
  /** Rows for which this calendar has no slot are counted and not stored. */
  calendar?: CalendarCheck;
  /** With --complete: gives the date that each bar shows to be complete, in the zone of its file. */
  completeDays?: CompleteDays;
  /** How a path is shown to the user. */
  showPath: (path: string) => string;
  /** Stops the import. What it stored is then removed, if the writer has `abort`. */
  signal?: AbortSignal;
}

export interface ImportEvents {
  /** @param bytes of all files read so far @param bars written so far */
  onProgress: (bytes: number, bars: number) => void;
  /** Called once for files that are read alike, before any of their rows is stored. */
  onUnderstood?: (understood: UnderstoodFiles) => void;
}
