/** Finds out which server is away: Redis and PostgreSQL fail with the same codes of the operating system. Pure. */
import { isOutage } from '@barkeep/session-data';

/** PostgreSQL is away or cannot serve now. It counts as an outage because its cause is one. */
class PostgresAwayError extends Error {
  override readonly name = 'PostgresAwayError';
  constructor(cause: Error) {
    super(`PostgreSQL: ${cause.message}`, { cause });
  }
}

/** The result of work that uses PostgreSQL alone. @throws its errors; an outage so that {@link serverAway} can name the server */
export async function ofPostgres<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isOutage(error) ? new PostgresAwayError(error) : error;
  }
}

/** The server that caused an outage, where all other work uses the session Redis. */
export function serverAway(outage: Error): 'PostgreSQL' | 'the session Redis' {
  return outage instanceof PostgresAwayError ? 'PostgreSQL' : 'the session Redis';
}
