/** The error for a file that cannot be read as a whole: damaged, of a kind that Barkeep does not read, or encrypted. */

/** The import counts the file as refused and stores none of its rows. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** True for the errors of a single file: ours, and those of the system and of zlib, which carry a code. */
export function isFileError(error: unknown): error is Error {
  if (error instanceof UnreadableFileError) return true;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return false;
  return typeof error.code === 'string' || typeof error.code === 'number';
}
