/** Reads what a repository threw: an error, or any other value. Pure. */

/** The longest delay that an error may demand: a mistake in its unit must not stop a repository for years. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;
const MESSAGE_CHARS_MAX = 500;

/** The delay that a repository's error demands in `retryAfterMs`, in ms, at most a day; undefined without a positive number. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const ms = Number(fieldOf(error, 'retryAfterMs'));
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : undefined;
}

/**
 * The message of anything that a repository may throw, with that of its cause. Never empty: without a message its first
 * error, its code, or its name. Text that PostgreSQL and Redis can store: no NUL and no half of a surrogate pair.
 */
export function messageOf(error: unknown): string {
  const cause = fieldOf(error, 'cause');
  const whole = cause === undefined ? textOf(error) : `${textOf(error)} (${textOf(cause)})`; // fetch says only "fetch failed"
  const text = whole.replaceAll('\0', '').slice(0, MESSAGE_CHARS_MAX);
  return Buffer.from(text).toString() || 'an error without a message';
}

function textOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const [first] = [fieldOf(error, 'errors')].flat(); // of an AggregateError, as a refused connection is
  const words = [fieldOf(error, 'message'), fieldOf(first, 'message'), fieldOf(error, 'code'), fieldOf(error, 'name')];
  return words.find((word): word is string => typeof word === 'string' && word.trim() !== '') ?? '';
}

/** Undefined when there is none, or when it cannot be read. */
function fieldOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
