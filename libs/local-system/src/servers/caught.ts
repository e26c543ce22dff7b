/** Reads code and message of a caught value, which may be anything: errors of another realm fail `instanceof Error`. */

/** The system's error code, such as `ENOENT`; `undefined` when there is none. */
export function errorCode(caught: unknown): string | undefined {
  const hasCode = typeof caught === 'object' && caught !== null && 'code' in caught;
  return hasCode && typeof caught.code === 'string' ? caught.code : undefined;
}

/** The message of a caught value, its code when the message is empty. */
export function errorMessage(caught: unknown): string {
  const hasMessage = typeof caught === 'object' && caught !== null && 'message' in caught;
  return (hasMessage ? String(caught.message) : '') || errorCode(caught) || String(caught);
}
