/**
 * Processes that follow the sessions of a benchmark in lockstep. They start once; the caller chooses how many of them
 * follow each session.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export class Consumers {
  #children;

  constructor(children) {
    this.#children = children;
  }

  static async start(sessionRedisUrl, count) {
    const script = join(import.meta.dirname, 'consumer.mjs');
    const children = Array.from({ length: count }, () =>
      fork(script, [sessionRedisUrl], { execArgv: process.env.BENCH_CONSUMER_ARGS?.split(' ') ?? [] }),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    return new Consumers(children);
  }

  /**
   * Lets the first `count` processes follow a session to its end. @returns for each process `{ steps, bars, endedAt,
   * cpu }`
   */
  async follow(id, count, every = '1m') {
    const results = this.#children.slice(0, count).map(async (child, i) => {
      const answer = once(child, 'message');
      child.send({ id, consumer: `consumer-${i + 1}`, every });
      const [result] = await answer;
      if (result.error) throw new Error(`expected consumer ${i + 1} to come to the end, was ${result.error}`);
      return result;
    });
    return Promise.all(results);
  }

  stop() {
    for (const child of this.#children) child.disconnect();
  }
}
