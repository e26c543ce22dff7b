/**
 * The error for failures that the user can act on: the command line prints its message without a stack.
 * A bare `Error` is a bug, and the command line prints its stack.
 */

/** Exit codes of `barkeep`: 0 success, 1 failure or wrong usage, 2 refused rows under `--strict` or a comparison that could not run, 130 interrupted. */
export const EXIT = { ok: 0, failed: 1, refused: 2, notCompared: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the user can act on. Its message is one sentence: what was expected, what came. */
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
