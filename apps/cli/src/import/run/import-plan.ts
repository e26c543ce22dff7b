/** The plan of an import: which files it reads, and how; and the writer that takes its bars. */
import type { BarImporter } from '@barkeep/bar-repository';
import type { ReadOptions } from '../detect/index.js';
import type { InputFile } from '../files/index.js';
import type { CalendarCheck } from './calendar-check.js';

/** Takes the bars. Without `abort`, the bars that it took stay when the import fails. */
export type BarWriter = Pick<BarImporter, 'write' | 'finish'> & Partial<Pick<BarImporter, 'abort'>>;
export type StoredRows = Awaited<ReturnType<BarWriter['finish']>>;

export interface ImportPlan {
  dataset: string;
  files: readonly InputFile[];
  read: ReadOptions;
  /** Finds the symbol in a path by --symbol-from-path; undefined for a path that the pattern does not match. */
  symbolOf?: (path: string) => string | undefined;
  /** With --one-symbol: files of one zip, or rows of several names, may become one symbol. */
  oneSymbol: boolean;
  /** Rows for which this calendar has no slot are counted and not stored. */
  calendar?: CalendarCheck;
  /** How a path is shown to the user. */
  showPath: (path: string) => string;
  /** Stops the import; nothing of it is kept. */
  signal?: AbortSignal;
}
