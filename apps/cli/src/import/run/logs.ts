/** What an import remembers of its files for the summary: refusals, warnings, and how the files were understood. Pure. */
import type { Understood } from '../detect/index.js';
import { isFileError } from '../files/index.js';
import { FilePlanError, type ImportRefusal } from '../reading/index.js';

/** Most refusals that are kept with file and line; all are counted. */
export const SHOWN_REFUSALS_MAX = 10;

interface ShownRefusal {
  file: string;
  /** From 1; 0 when a whole file was refused and no single row shows why. */
  line: number;
  reason: ImportRefusal;
  detail: string;
}

/** Why an error refuses a whole file; undefined for an error that ends the import. */
export function fileRefusal(error: unknown): Omit<ShownRefusal, 'file'> | undefined {
  if (error instanceof FilePlanError) return { line: error.line, reason: error.reason, detail: error.message };
  return isFileError(error) ? { line: 0, reason: 'unreadable-file', detail: error.message } : undefined;
}

/** What was understood of files that are read alike. */
export interface UnderstoodFiles extends Understood {
  /** The first of these files. */
  file: string;
  files: number;
}

/** Counts refusals, and keeps the first ones to show them. */
export class RefusalLog {
  rows = 0;
  /** Number of files that were refused as a whole. */
  files = 0;
  readonly reasons: Partial<Record<ImportRefusal, number>> = {};
  readonly first: ShownRefusal[] = [];

  /** @param counted `files` when the whole file is refused, otherwise `rows` */
  add(counted: 'rows' | 'files', { file, line, reason, detail }: ShownRefusal): void {
    this[counted]++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    if (this.first.length < SHOWN_REFUSALS_MAX) this.first.push({ file, line, reason, detail: shortened(detail) });
  }
}

/** Longest detail of a refusal that is shown, in characters. */
const DETAIL_LENGTH_MAX = 300;

/** Cuts a long detail, and replaces its control characters: it may quote a broken file. */
function shortened(detail: string): string {
  const clean = printable(detail);
  return clean.length > DETAIL_LENGTH_MAX ? `${clean.slice(0, DETAIL_LENGTH_MAX - 1)}…` : clean;
}

/** The text without control characters, which a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u{fffd}]/gu, '?');
}

/** Most kinds that are kept; files of further kinds are counted with the last one. */
const KINDS_MAX = 20;

/** Keeps what was understood of the files of an import: one entry for all files that are read alike (one kind). */
export class UnderstoodLog {
  readonly #byKind = new Map<string, UnderstoodFiles>();

  /** @param onFirst called for the first file of each kind */
  constructor(readonly onFirst?: (understood: UnderstoodFiles) => void) {}

  get all(): UnderstoodFiles[] {
    return [...this.#byKind.values()];
  }

  /** Adds a file: counts it, and keeps the latest last bar of its kind. */
  add(file: string, understood: Understood): void {
    const { format, columns, zone, times, delimiter } = understood;
    const kind = JSON.stringify([format, columns, zone, times, delimiter]);
    const lastKind = this.#byKind.size >= KINDS_MAX ? this.all.at(-1) : undefined;
    const known = this.#byKind.get(kind) ?? lastKind;
    if (known === undefined) {
      const first = { file, files: 1, ...understood };
      this.#byKind.set(kind, first);
      this.onFirst?.(first);
      return;
    }
    known.files++;
    if (understood.last !== null && (known.last === null || understood.last.openTime > known.last.openTime)) {
      known.last = understood.last;
    }
  }
}

/** Most different warnings that are kept. */
const WARNINGS_MAX = 20;

/** Keeps the warnings about files, each once. */
export class WarningLog {
  /** For each warning, the first file that has it, and the number of such files. */
  readonly #warned = new Map<string, { name: string; files: number }>();
  #leftOut = 0;

  add(name: string, warning: string): void {
    const known = this.#warned.get(warning);
    if (known !== undefined) known.files++;
    else if (this.#warned.size < WARNINGS_MAX) this.#warned.set(warning, { name, files: 1 });
    else this.#leftOut++;
  }

  get all(): string[] {
    const warnings = [...this.#warned].map(([warning, { name, files }]) => {
      const others = files > 1 ? ` (and ${files - 1} more files)` : '';
      return `${name}${others}: ${warning}`;
    });
    return this.#leftOut > 0 ? [...warnings, `${this.#leftOut} other warnings of files are not listed`] : warnings;
  }
}
