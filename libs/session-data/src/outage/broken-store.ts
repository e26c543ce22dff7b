/** Decides which errors mean that a store holds a value that Barkeep never writes: another program used its keys. Pure. */
import { isError } from '../redis/index.js';

/** Replies of Redis to a command that does not fit the value of its key or field. */
const REPLIES = /^(WRONGTYPE|ERR hash value is not an? (integer|float))\b/;

/** True for an error that lasts until the store is made again. */
export function isBrokenStore(error: unknown): error is Error {
  return isError(error) && REPLIES.test(error.message);
}
