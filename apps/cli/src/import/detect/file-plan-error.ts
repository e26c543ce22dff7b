/** The error of a file that cannot be read as a whole. */
import type { ImportRefusal } from '../reading/index.js';

/** Why a file as a whole cannot be read. */
export class FilePlanError extends Error {
  override readonly name = 'FilePlanError';
  constructor(
    readonly reason: ImportRefusal,
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}
