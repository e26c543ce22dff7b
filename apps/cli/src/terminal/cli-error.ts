/**
 * The one error that the command line shows as a plain line on stderr, without a stack.
 * Anything else that is thrown is a defect of ours and is shown as one.
 */

/** Exit codes of `barkeep`: 0 done, 1 failed or wrongly used, 2 rows were refused under `--strict`, or `compare` could not compare. */
export const EXIT = { ok: 0, failed: 1, refused: 2, notCompared: 2 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the user can understand and do something about; its message is one sentence that says what. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
