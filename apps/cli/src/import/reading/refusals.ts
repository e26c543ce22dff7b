/** Why an import refuses a row or a file, and what a reader of rows reports to. */
import type { Bar, RefusalReason } from '@barkeep/bars';
import type { RowProblem } from '../rows/index.js';
import type { TimeProblem } from '../times/index.js';

/** Reasons that cost a whole file. */
export const FILE_REFUSALS = [
  'unusable-header',
  'unusable-path',
  'unreadable-file',
  'wrong-interval',
  'ambiguous-format',
  'mixed-symbols',
] as const;

/** A bar's own reasons, those of its text, and those of a file. */
export type ImportRefusal =
  | RefusalReason
  | RowProblem
  | TimeProblem
  | 'missing-fields'
  | 'too-many-fields'
  | 'not-a-number'
  | 'time-out-of-range'
  | 'bad-symbol'
  | 'other-symbol'
  | 'symbol-case'
  | (typeof FILE_REFUSALS)[number];

/** Why a file as a whole cannot be read. */
export class FilePlanError extends Error {
  override readonly name = 'FilePlanError';
  constructor(
    readonly reason: ImportRefusal,
    message: string,
    readonly line = 0,
  ) {
    super(message);
  }
}

/** Receives what a reader makes of rows. */
export interface RowSink {
  bar(symbol: string, bar: Bar): void;
  /** @param line from 1; 0 when the file as a whole is refused */
  refuse(line: number, reason: ImportRefusal, detail: string): void;
}
