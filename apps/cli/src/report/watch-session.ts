/** Follows a session to its end. Throws when a session that is not paused does not change for {@link STILL_LIMIT_MS}. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorClient, SessionStatus } from '@barkeep/client';
import { CliError } from '../terminal/index.js';

const POLL_MS = 300;
/** Longer than the default backoffs of a backfill. */
const STILL_LIMIT_MS = 300_000;
const UPKEEP_EVERY_MS = 1500;
export const END_STATES = new Set(['completed', 'stopped', 'failed', 'lost']);

interface Watched {
  client: CoordinatorClient;
  id: string;
  /** Receives the status after each request. */
  onUpdate: (session: SessionStatus) => void;
  /** Ends the watch with the signal's reason. */
  signal: AbortSignal;
}

/** Resolves when the session has ended in any state. @throws CliError when the session stops changing */
export function watchToEnd(watched: Watched): Promise<SessionStatus> {
  return poll(watched, ({ state }) => END_STATES.has(state));
}

/** Requests upkeep until no slot is absent or missing. @throws CliError when the session stops changing */
export function watchToSettled(watched: Watched, upkeepEveryMs = UPKEEP_EVERY_MS): Promise<SessionStatus> {
  let requestedAt = -Infinity; // the first poll requests upkeep at once
  return poll(watched, async ({ id, counts }) => {
    if (counts.absent + counts.missing === 0) return true;
    if (performance.now() - requestedAt > upkeepEveryMs) {
      requestedAt = performance.now();
      await watched.client.upkeep(id);
    }
    return false;
  });
}

async function poll(
  { client, id, onUpdate, signal }: Watched,
  isDone: (session: SessionStatus) => boolean | Promise<boolean>,
): Promise<SessionStatus> {
  let previous = '';
  let changedAt = performance.now();
  for (;;) {
    const session = await client.session(id);
    onUpdate(session);
    if (await isDone(session)) return session;
    const current = JSON.stringify([session.state, session.clock, session.frontier, session.watermark, session.counts]);
    if (current !== previous) changedAt = performance.now();
    previous = current;
    if (performance.now() - changedAt > STILL_LIMIT_MS && session.state !== 'paused') {
      throw new CliError(
        `expected session ${id} to make progress, was ${session.state} without a change for ${STILL_LIMIT_MS / 1000} s`,
      );
    }
    // An aborted delay rejects with an AbortError: throw the reason of the signal instead.
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
