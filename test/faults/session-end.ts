/** Brings a session to its end as a careful user does, and reads how it ended. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../support/system/api.js';
import type { Outcome } from './checker.js';
import type { Observer } from './observer.js';
import type { SessionUnderTest } from './session.js';

/** A session that has not ended after this time counts as stuck. */
const END_LIMIT_MS = 180_000;
const CHECK_EVERY_MS = 150;
/** Without progress for this long, the bars of a fed session are sent again. */
const FEED_AGAIN_MS = 5_000;
/** Symbols whose metrics are compared. */
const METRICS_SYMBOLS = 4;
/** States in which a session runs only after another start: a fault took its data, or stopped or recreated it. */
const NEEDS_START: ReadonlySet<Session['state']> = new Set(['lost', 'stopped', 'created']);

/**
 * Waits until the session has reached its end. Starts it again when its data was lost or a fault stopped it, and sends the
 * bars of a fed session again when they were lost. @throws when it fails or does not end in time
 */
export async function endOf(
  session: SessionUnderTest,
  observer: Observer,
  note: (line: string) => void,
): Promise<Outcome> {
  const deadline = Date.now() + END_LIMIT_MS;
  let lastState = '';
  for (;;) {
    const status = await session.status();
    const { state, error } = status;
    if (state !== lastState) note(`state ${state}`);
    lastState = state;
    if (state === 'failed') throw new Error(`the session failed: ${error}`);
    await repair(session, state, observer, note);
    if (isAtEnd(status) && session.consumers.every((consumer) => consumer.hasFinished)) return outcomeOf(session);
    if (Date.now() > deadline) {
      const programs = session.consumers.map(({ name, hasFinished }) => `${name} ${hasFinished ? 'finished' : 'runs'}`);
      throw new Error(`not at its end after ${END_LIMIT_MS} ms: ${JSON.stringify(status)} ${programs.join(', ')}`);
    }
    await delay(CHECK_EVERY_MS);
  }
}

/** Starts a session that needs a start, and sends bars again that may be lost, once the feeder has sent all of them. */
async function repair(
  session: SessionUnderTest,
  state: Session['state'],
  observer: Observer,
  note: (line: string) => void,
): Promise<void> {
  if (NEEDS_START.has(state)) {
    await session.steer('start');
    if (session.feeder?.hasFinished) await session.feedAgain();
  }
  // A running session that lost bars makes no progress.
  const isStalled = state !== 'completed' && Date.now() - observer.progressAt > FEED_AGAIN_MS;
  if (isStalled && session.feeder?.hasFinished) {
    note('feeds again');
    await session.feedAgain();
  }
}

/** Whether all bars are streamed and upkeep has nothing left to do. */
function isAtEnd({ state, counts, watermark, frontier }: Session): boolean {
  return state === 'completed' && counts.absent === 0 && counts.missing === 0 && watermark === frontier;
}

async function outcomeOf(session: SessionUnderTest): Promise<Outcome> {
  const { counts, consumers } = await session.status();
  const symbols = session.kind.spec['symbols'] as string[];
  const metrics = [];
  for (const symbol of symbols.slice(0, METRICS_SYMBOLS)) metrics.push(await session.metrics(symbol));
  const sorted = consumers.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const [digest, certificate] = [await session.digest(), await session.certificate()];
  return { digest, certificate, counts, metrics, consumers: sorted, dayEvents: await session.dayEvents() };
}
