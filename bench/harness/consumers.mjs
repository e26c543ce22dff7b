/** Processes that follow the sessions of a benchmark in lockstep (consumer.mjs). */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, 'consumer.mjs');

/** Starts them. BENCH_CONSUMER_ARGS has arguments for their Node. */
export async function startConsumers(sessionRedisUrl, count) {
  const execArgv = process.env.BENCH_CONSUMER_ARGS?.split(' ') ?? [];
  const children = Array.from({ length: count }, () => fork(SCRIPT, [sessionRedisUrl], { execArgv }));
  await Promise.all(children.map((child) => once(child, 'message')));
  return {
    /**
     * Lets the first `some` processes follow a session to its end. @returns for each process `{ steps, bars, endedAt,
     * cpu, nanosABar, rate }`
     */
    follow: (id, some) =>
      Promise.all(
        children.slice(0, some).map(async (child, i) => {
          child.send({ id, consumer: `consumer-${i + 1}` });
          const [result] = await once(child, 'message');
          if (result.error) throw new Error(`expected consumer ${i + 1} to come to the end, was ${result.error}`);
          return result;
        }),
      ),
    stop: () => children.forEach((child) => child.disconnect()),
  };
}
