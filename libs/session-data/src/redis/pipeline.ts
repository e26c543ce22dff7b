/** Runs a pipeline and answers its replies in order; the first error among them is thrown. */
import type { ChainableCommander, Redis } from 'ioredis';

/** A Redis command that only reads: its ioredis name, then its arguments. */
export type ReadCommand = (string | number)[];

export async function runPipeline(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** The same for a list of commands. */
export function runCommands(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  return runPipeline(redis.pipeline([...commands]));
}
