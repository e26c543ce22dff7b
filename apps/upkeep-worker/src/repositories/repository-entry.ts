/**
 * Parses an entry of the user's module of repositories. The entry is the repository itself, or `{ repository, limit }`. A
 * repository may also carry its `limit` as a property. Pure.
 */
import type { RepositoryLimits } from '@barkeep/session-data';

/** Thrown for a `limit` that is wrong. */
export class RepositoryLimitError extends Error {
  override readonly name = 'RepositoryLimitError';
  constructor(repository: string, field: string, expected: string, was: unknown) {
    super(`repository ${repository}: ${field}: expected ${expected}, was ${JSON.stringify(was) ?? String(was)}`);
  }
}

export interface RepositoryEntry {
  repository: unknown;
  limits: RepositoryLimits;
}

const FIELDS = ['max', 'durationMs', 'concurrency'] as const;

/** @throws RepositoryLimitError */
export function parseEntry(name: string, value: unknown): RepositoryEntry {
  if (typeof value !== 'object' || value === null) return { repository: value, limits: {} };
  const repository = 'repository' in value ? value.repository : value;
  return { repository, limits: 'limit' in value ? parseLimits(name, value.limit) : {} };
}

function parseLimits(name: string, limit: unknown): RepositoryLimits {
  if (limit === undefined) return {};
  if (typeof limit !== 'object' || limit === null) throw new RepositoryLimitError(name, 'limit', 'an object', limit);
  for (const [field, value] of Object.entries(limit)) {
    if (!FIELDS.some((known) => known === field))
      throw new RepositoryLimitError(name, `limit.${field}`, `one of ${FIELDS.join(', ')}`, value);
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new RepositoryLimitError(name, `limit.${field}`, 'a whole number of at least 1', value);
  }
  const limits = limit as RepositoryLimits;
  if ((limits.max === undefined) !== (limits.durationMs === undefined))
    throw new RepositoryLimitError(name, 'limit', 'max and durationMs together', limit);
  return limits;
}
