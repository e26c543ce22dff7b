/** Checks arguments that a program in JavaScript may give wrongly. Without a check the error would come later, and would not name them. */
import { ArgumentError } from './errors.js';

/** @throws ArgumentError when a value is given and is not a function */
export function checkFunction(name: string, value: unknown): void {
  if ((value ?? undefined) !== undefined && typeof value !== 'function')
    throw new ArgumentError(name, 'a function', value);
}

/** @throws ArgumentError when a value is given and is not an AbortSignal */
export function checkSignal(signal: unknown): void {
  if (signal && !(signal instanceof AbortSignal)) throw new ArgumentError('signal', 'an AbortSignal', signal);
}
