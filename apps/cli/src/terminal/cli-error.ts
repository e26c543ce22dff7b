/**
 * Errors that the user can act on, and functions that read the user's input and throw them. The command line prints the
 * message of such an error without a stack. A bare `Error` is a bug, and the command line prints its stack.
 */
import { isDate, SYMBOL_PATTERN } from '@barkeep/bars';
import { errorText } from '@barkeep/service';

/** Exit codes of `barkeep`. `refused`: `--strict` found something that it forbids. `notCompared`: `compare` could not compare. */
export const EXIT = { ok: 0, failed: 1, usage: 2, refused: 2, notCompared: 2, interrupted: 130 } as const;
type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The message is one sentence: what was expected and what was found. */
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

/** Reads the value of an option with a library function. @throws UsageError with the option and the function's message */
export function readOption<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(`${option}: ${errorText(error)}`, { cause: error });
  }
}

/** Makes a reader of an option that throws UsageError. @param expected the valid texts, in words @param read undefined for a wrong text */
export function optionReader<T>(option: string, expected: string, read: (text: string) => T | undefined) {
  return (text: string): T => {
    const value = read(text);
    if (value !== undefined) return value;
    throw new UsageError(`${option}: expected ${expected}, was "${text}"`);
  };
}

/** Returns a reader of an option with a date, YYYY-MM-DD. */
export const dateReader = (option: string) =>
  optionReader(option, 'a date such as 2024-01-31', (text) => (isDate(text) ? text : undefined));

/** Returns a reader of an option with a whole number from `min` to `max`. */
export const wholeNumberReader = (option: string, min: number, max: number) =>
  optionReader(option, `a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  });

/** The names in a text that separates them by commas, each once. Blanks around a name are ignored. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(',').map((name) => name.trim()))];
}

/** Returns a reader of an option with symbols that are separated by commas. */
export const symbolsReader = (option: string) =>
  optionReader(option, 'symbols separated by commas', (text) => {
    const symbols = namesIn(text);
    return symbols.every((symbol) => SYMBOL_PATTERN.test(symbol)) ? symbols : undefined;
  });

/** Reads input of the user. @param expected such as `expected JSON in spec.json` @throws CliError with `expected` and the reason */
export async function expecting<T>(expected: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CliError(`${expected}, was: ${errorText(error)}`, EXIT.failed, { cause: error });
  }
}
