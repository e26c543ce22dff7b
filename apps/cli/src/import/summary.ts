/**
 * Keeps count of what an import did, and the first few refusals in full. Pure.
 */
import type { ImportRefusal } from './parsed-row.js';

/** So many refusals are shown with file and line; all are counted. */
export const SHOWN_REFUSALS_MAX = 10;

export interface ShownRefusal {
  file: string;
  /** From 1; 0 when the whole file was refused. */
  line: number;
  reason: ImportRefusal;
  detail: string;
}

/** What `barkeep import --json` prints. */
export interface ImportSummary {
  dataset: string;
  files: number;
  /** accepted + duplicate + conflicting + refused. */
  rows: number;
  accepted: number;
  /** Rows that were stored already, with the same values. */
  duplicate: number;
  /** Rows whose minute was stored already with other values; what was stored stays. */
  conflicting: number;
  refused: { rows: number; files: number; reasons: Partial<Record<ImportRefusal, number>>; first: ShownRefusal[] };
  seconds: number;
  rowsPerSecond: number;
}

export class RefusalLog {
  readonly reasons: Partial<Record<ImportRefusal, number>> = {};
  readonly first: ShownRefusal[] = [];
  rows = 0;
  files = 0;

  /** @param line from 1; 0 for a whole file */
  add(file: string, line: number, reason: ImportRefusal, detail: string): void {
    if (line === 0 || reason === 'unusable-header') this.files++;
    else this.rows++;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    if (this.first.length < SHOWN_REFUSALS_MAX) this.first.push({ file, line, reason, detail: printable(detail) });
  }

  get any(): boolean {
    return this.rows + this.files > 0;
  }
}

/** A detail may quote a broken file: control characters must not reach a terminal. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u{fffd}]/gu, '?');
  return clean.length > 200 ? `${clean.slice(0, 199)}…` : clean;
}
