import { setTimeout as delay } from 'node:timers/promises';

const CHECK_MS = 250;

/** Waits until a condition holds. @returns false when it does not within the limit */
export async function until(isTrue, limitMs) {
  for (const deadline = Date.now() + limitMs; !isTrue(); await delay(CHECK_MS)) {
    if (Date.now() > deadline) return false;
  }
  return true;
}
