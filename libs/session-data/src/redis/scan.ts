/** Finds keys by SCAN, with work proportional to the number of keys that the server has. */
import type { Redis } from 'ioredis';

/** Approximate number of keys that one SCAN call examines, or that one call removes: bounds how long it blocks Redis. */
export const KEYS_A_SCAN = 1_000;

/** The SCAN pattern for the keys that begin with a text, whose special characters are escaped. */
export function scanPattern(text: string): string {
  return `${text.replace(/[\\*?[\]^]/g, '\\$&')}*`;
}

/** The keys that begin with a text, in batches of about {@link KEYS_A_SCAN}. A batch may be empty. */
export async function* scanKeys(redis: Redis, beginning: string): AsyncGenerator<string[]> {
  for await (const keys of redis.scanStream({ match: scanPattern(beginning), count: KEYS_A_SCAN })) {
    yield keys as string[];
  }
}
