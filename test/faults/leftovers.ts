/** Finds what removed sessions left behind: keys in the session Redis, and jobs in the queues. */
import { setTimeout as delay } from 'node:timers/promises';
import { jobPrefix } from '@barkeep/service';
import type { Evidence } from './checker.js';
import type { Lab } from './lab/lab.js';
import type { SessionUnderTest } from './session.js';

/** Keys and jobs may stay this long after a session was removed. */
const LEFT_LIMIT_MS = 40_000;
const CHECK_EVERY_MS = 150;
/** How many of the sessions that were removed last are searched for keys. */
const REMOVED_CHECKED = 3;
const QUEUES = ['stream', 'detect-gaps', 'backfill', 'aggregate'];
/** The keys of a queue that have ids of jobs which are not finished. */
const LISTS = ['wait', 'active', 'paused'];
const SORTED_SETS = ['delayed', 'prioritized', 'waiting-children'];

export class Leftovers {
  /** Key patterns of the sessions that were removed: none of their keys may come back. */
  private readonly removedPatterns: string[] = [];

  constructor(private readonly lab: Lab) {}

  /** @returns jobs of a removed session, and keys of it and of sessions removed before, that stay after a while */
  async after({ id, keyPattern }: SessionUnderTest): Promise<Pick<Evidence, 'keysLeft' | 'jobsLeft'>> {
    this.removedPatterns.push(keyPattern);
    const deadline = Date.now() + LEFT_LIMIT_MS;
    for (;;) {
      const [keysLeft, jobsLeft] = [await this.keys(), await this.jobsOf(id)];
      const isClean = keysLeft.length === 0 && jobsLeft.length === 0;
      if (isClean || Date.now() > deadline) return { keysLeft, jobsLeft };
      await delay(CHECK_EVERY_MS);
    }
  }

  private async keys(): Promise<string[]> {
    const { client } = this.lab.redis.session;
    const patterns = this.removedPatterns.slice(-REMOVED_CHECKED);
    return (await Promise.all(patterns.map((pattern) => client.keys(pattern)))).flat();
  }

  /** Jobs of a session: `QUEUE LIST ID`. */
  private async jobsOf(session: string): Promise<string[]> {
    const { client } = this.lab.redis.queue;
    const found: string[] = [];
    for (const queue of QUEUES) {
      const add = async (list: string, read: (key: string) => Promise<string[]>): Promise<void> => {
        const ids = await read(`${jobPrefix(this.lab.queuePrefix)}:${queue}:${list}`);
        found.push(...ids.filter((id) => id.includes(session)).map((id) => `${queue} ${list} ${id}`));
      };
      for (const list of LISTS) await add(list, (key) => client.lrange(key, 0, -1));
      for (const set of SORTED_SETS) await add(set, (key) => client.zrange(key, 0, -1));
    }
    return found;
  }
}
