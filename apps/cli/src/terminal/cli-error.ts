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
    throw new UsageError(`${option}: ${errorText(error)}`, { cause: error });
  }
}

/**
 * Makes the reader of an option's text.
 * @param expected in words @param read undefined for a text that is wrong @throws UsageError (the reader)
 */
export function optionReader<T>(
  option: string,
  expected: string,
  read: (text: string) => T | undefined,
): (text: string) => T {
  return (text) => {
    const value = read(text);
    if (value !== undefined) return value;
    throw new UsageError(`${option}: expected ${expected}, was "${text}"`);
  };
}

/** Reads something of the user. @param expected such as `expected JSON in spec.json` @throws CliError with that and the reason */
export async function expecting<T>(expected: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CliError(`${expected}, was: ${errorText(error)}`, EXIT.failed, { cause: error });
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
