/**
 * The error for failures that the user can act on: the command line prints its message without a stack.
 * A bare `Error` is a bug, and the command line prints its stack.
 */

/**
 * Exit codes of `barkeep`: 0 success, 1 failure, 2 wrong usage, refused rows under `--strict` or a comparison that could
 * not run, 130 interrupted.
 */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 2, notCompared: 2, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the user can act on. Its message is one sentence: what was expected, what came. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An option or an argument is wrong: the same command line never succeeds. */
export class UsageError extends CliError {
  override readonly name = 'UsageError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.usage, options);
  }
}

/** Reads the value of an option with a function of a library. @throws UsageError that names the option and has its message */
export function readOption<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
