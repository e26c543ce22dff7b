/** What an import reads, how, and where its bars go. */
import type { BarImporter } from '@barkeep/bar-repository';
import type { ReadOptions } from '../detect/index.js';
import type { InputFile } from '../files/index.js';
import type { CalendarCheck } from './calendar-check.js';

/** Where the bars go. Without `abort`, they stay when the import fails. */
export type BarWriter = Pick<BarImporter, 'write' | 'finish'> & Partial<Pick<BarImporter, 'abort'>>;
export type StoredRows = Awaited<ReturnType<BarWriter['finish']>>;

export interface ImportPlan {
  dataset: string;
  files: readonly InputFile[];
  read: ReadOptions;
  /** Symbol of a file by its path, of --symbol-from-path; undefined for a path that the pattern does not fit. */
  symbolOf?: (path: string) => string | undefined;
  /** Files of one zip may become one symbol. */
  oneSymbol: boolean;
  /** Counts rows outside of a calendar, which are not stored. */
  calendar?: CalendarCheck;
  /** How a path is shown to the user. */
  showPath: (path: string) => string;
  /** Ends the import, with nothing kept. */
  signal?: AbortSignal;
}
