/**
 * Follows a session to its end. Throws when a session does not change for {@link STILL_LIMIT_MS}, unless it is paused, or waits for the
 * user's own programs, for its pace, or for a coordinator with room.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CoordinatorClient, SessionStatus } from '@barkeep/client';
import { CliError } from '../terminal/index.js';
import { waitingText } from './session-text.js';

const POLL_MS = 300;
/** Longer than the default backoffs of a backfill. */
const STILL_LIMIT_MS = 300_000;
const UPKEEP_EVERY_MS = 1_500;
/** Waits without a limit. Feeds and consumers are the user's own programs, which may be away for hours; a slow clock has long steps. */
const UNLIMITED_WAITS: ReadonlySet<string> = new Set(['consumers', 'feed', 'pace']);
export const END_STATES = new Set(['completed', 'stopped', 'failed', 'lost']);

interface Watched {
  client: CoordinatorClient;
  id: string;
  /** Receives the status after each request. */
  onUpdate: (session: SessionStatus) => void;
  /** Ends the watch with the signal's reason. */
  signal: AbortSignal;
  /** How long a session may stay unchanged. @default STILL_LIMIT_MS */
  stillLimitMs?: number;
}

/** Resolves when the session has ended in any state. @throws CliError when the session stops changing */
export function watchToEnd(watched: Watched): Promise<SessionStatus> {
  return poll(watched, ({ state }) => END_STATES.has(state));
}

/** Requests upkeep until no slot of a retained day is absent or missing. @throws CliError when the session stops changing */
export function watchToSettled(watched: Watched, upkeepEveryMs = UPKEEP_EVERY_MS): Promise<SessionStatus> {
  let checkedAt = -Infinity; // the first poll checks and requests at once
  return poll(watched, async (session) => {
    if (openSlots(session.counts) === 0) return true;
    if (performance.now() - checkedAt <= upkeepEveryMs) return false;
    checkedAt = performance.now();
    if (await hasOnlyRemovedSlots(watched.client, session)) return true;
    await watched.client.upkeep(session.id);
    return false;
  });
}

/** The slots that upkeep may still fill or settle. */
function openSlots({ absent, missing }: { absent: number; missing: number }): number {
  return absent + missing;
}

/**
 * True when all open slots are in removed days. The counts of a session that removes days (`retainDays`) include those slots, which stay
 * open; the metrics of its symbols do not.
 */
async function hasOnlyRemovedSlots(client: CoordinatorClient, session: SessionStatus): Promise<boolean> {
  if (session.spec.history.retainDays === 0) return false;
  const metrics = await client.allMetrics(session);
  return metrics.every((symbol) => openSlots(symbol) === 0);
}

async function poll(
  { client, id, onUpdate, signal, stillLimitMs = STILL_LIMIT_MS }: Watched,
  isDone: (session: SessionStatus) => boolean | Promise<boolean>,
): Promise<SessionStatus> {
  let previous = '';
  let changedAt = performance.now();
  for (;;) {
    const session = await client.session(id);
    onUpdate(session);
    if (await isDone(session)) return session;
    const current = JSON.stringify([session.state, session.clock, session.frontier, session.watermark, session.counts]);
    if (current !== previous || mayStandStill(session)) changedAt = performance.now();
    previous = current;
    if (performance.now() - changedAt > stillLimitMs) {
      const reason = waitingText(session.waitingFor);
      const still = `was ${session.state} without a change for ${stillLimitMs / 1000} s`;
      throw new CliError(
        `expected session ${id} to make progress, ${still}${reason === undefined ? '' : `: ${reason}`}`,
      );
    }
    // An aborted delay rejects with an AbortError: throw the reason of the signal instead.
    await delay(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Whether a session may stay as it is for any time. */
function mayStandStill({ state, clock, waitingFor }: SessionStatus): boolean {
  const kind = waitingFor?.kind ?? '';
  const isQueued = kind === 'worker' && clock === null; // no coordinator has room for it yet
  return state === 'paused' || isQueued || UNLIMITED_WAITS.has(kind);
}
