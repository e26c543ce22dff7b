/** Reads caught values. Does not use `instanceof Error`, which fails for errors of another realm, such as those in Jest. */

/** The system's error code, such as `ENOENT`; `undefined` when there is none. */
export function errorCode(caught: unknown): string | undefined {
  const hasCode = typeof caught === 'object' && caught !== null && 'code' in caught;
  return hasCode && typeof caught.code === 'string' ? caught.code : undefined;
}

/**
 * The message of a caught value. Without one it is the first of these that exists: the messages of its nested errors, its code, its name.
 * For example, a host name with several addresses causes an AggregateError without a message.
 */
export function errorText(caught: unknown): string {
  if (typeof caught !== 'object' || caught === null) return String(caught);
  const { message, errors, name } = caught as Partial<AggregateError>;
  const nested = Array.isArray(errors) ? errors.map(errorText).join(', ') : '';
  return message || nested || errorCode(caught) || name || Object.prototype.toString.call(caught);
}
