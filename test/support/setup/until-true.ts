/** Waits in tests. */
import { setTimeout as delay } from 'node:timers/promises';

const CHECK_EVERY_MS = 20;

/** Waits until a condition holds. @throws Error after 30 s: the limit of a test would not end the wait */
export async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await condition()); await delay(CHECK_EVERY_MS))
    if (Date.now() > deadline) throw new Error('expected the condition to hold within 30 s, was false');
}
