/** Runs a pipeline and answers its replies in order; the first error among them is thrown. */
import type { ChainableCommander } from 'ioredis';

export async function runPipeline(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}
