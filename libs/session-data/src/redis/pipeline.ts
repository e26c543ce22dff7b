/** Runs commands in one round trip. */
import type { Redis } from 'ioredis';

/** A Redis command that only reads: its ioredis name, then its arguments. */
export type ReadCommand = (string | number)[];

/** Answers the replies in order; the first error among them is thrown. */
export async function runCommands(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  const results = (await redis.pipeline([...commands]).exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
