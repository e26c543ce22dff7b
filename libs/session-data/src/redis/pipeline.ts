/** Runs a pipeline and answers its replies in order; the first error among them is thrown. */
import type { ChainableCommander, Redis } from 'ioredis';

export async function runPipeline(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** The same for commands, each with its ioredis name and its arguments. */
export function runCommands(redis: Redis, commands: readonly (string | number)[][]): Promise<unknown[]> {
  return runPipeline(redis.pipeline([...commands]));
}
