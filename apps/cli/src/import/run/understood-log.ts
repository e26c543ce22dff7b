/** Keeps what was understood of the files of an import, once for all files that are read alike. Pure. */
import type { Understood } from '../detect/index.js';
import type { UnderstoodFiles } from './summary.js';

/** More kinds of files in one import are counted with the last. */
const KINDS_MAX = 20;

export class UnderstoodLog {
  readonly #byKind = new Map<string, UnderstoodFiles>();

  /** @param onFirst called for the first file of each kind */
  constructor(readonly onFirst?: (understood: UnderstoodFiles) => void) {}

  get all(): UnderstoodFiles[] {
    return [...this.#byKind.values()];
  }

  add(file: string, understood: Understood): void {
    const { format, columns, zone, times, delimiter } = understood;
    const kind = JSON.stringify([format, columns, zone, times, delimiter]);
    const known = this.#byKind.get(kind) ?? (this.#byKind.size >= KINDS_MAX ? this.all.at(-1) : undefined);
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
