/**
 * Follows a session, one step at a time. A step shows what the session showed at that simulated time, even when the session's clock and
 * the loaded bars are already later (invariant I2, docs/ARCHITECTURE.md). The session keeps the position of a named consumer. In lockstep
 * the session's clock waits for the consumer.
 *
 * Three objects share the work: `StoreFollower` loads bars as they become visible, `Walk` turns them into steps and counts what was
 * delivered, and `KeptPosition` joins as a named consumer and sends the position that `Walk` gives it.
 */
import { randomBytes } from 'node:crypto';
import { orAborted } from '@barkeep/bars';
import type { ConsumerPosition, JoinFrom, OpenSession, SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { checkFunction, checkSignal } from '../check-arguments.js';
import { ArgumentError } from '../errors.js';
import { type DerivedBy, StoreFollower } from '../mirror/index.js';
import { NotLockstepError } from './errors.js';
import { KeptPosition } from './kept-position.js';
import { stepInterval } from './step-times.js';
import type { Step } from './step.js';
import { Walk } from './walk.js';

/** Where a consumer with a name starts: its position, with the steps and bars that were delivered under this name before. */
export interface KeptStart extends Omit<ConsumerPosition, 'deliveredHash'> {
  /** True when the consumer has finished the session: the loop ends without a step. */
  atEnd: boolean;
}

/** How a session is followed. */
export interface FollowOptions {
  /**
   * The name of the consumer, `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. The session keeps the consumer's position under this name. It then rejects
   * an earlier consumer of the same name.
   * @default none; in lockstep a random name
   */
  consumer?: string;
  /** How far apart steps are: the base interval, any whole multiple of it, or `day`. @default the base interval */
  every?: string;
  /**
   * True: the session's clock waits for this consumer; the session's pace must be lockstep. False: the clock does not wait for it. In a
   * session in lockstep such a loop only watches, and must not have a name. @default true when the pace is lockstep
   */
  lockstep?: boolean;
  /** Where to start: `kept` (where the consumer left off), `beginning` (at the first retained day) or `now` (at the clock). @default 'kept' */
  from?: JoinFrom;
  /** Called once with the position at which a consumer with a name starts. The first step waits for its result. */
  onKept?: (kept: KeptStart) => unknown;
  /** Days that the step's mirror holds in addition to the day of the step. @default as many as fit 512 MiB */
  keepDays?: number;
  /** Ends the loop by throwing the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Follows a session from its first step to its last, and waits while the clock does not move. A step counts as completed when the loop
 * requests the next one. So a step whose loop body ended with `break` or an error is delivered again when the same consumer returns.
 * @throws NotLockstepError, StepIntervalError, ArgumentError, KeepDaysError, ConsumerNameError; SessionEndedError after the last
 *   visible step of a session that was stopped or failed; SessionLostError when it was deleted; ConsumerReplacedError when another
 *   process follows under the same name; UnknownConsumerError when the consumer was removed through the API; DaysRemovedError when the
 *   session dropped days before this consumer saw them; SessionRedisAwayError when Redis was unavailable for more than a minute
 */
export function followSession(
  redis: Redis,
  session: OpenSession,
  options: FollowOptions = {},
): AsyncGenerator<Step, void, undefined> {
  return follow(() => Promise.resolve({ redis, session, options }));
}

/**
 * As {@link followSession}; `begin` runs when the loop requests the first step. Callers return this generator itself: passing each
 * step through a second generator costs as much as the step.
 */
export async function* follow(
  begin: () => Promise<{ redis: Redis; session: OpenSession; options: FollowOptions }>,
): AsyncGenerator<Step, void, undefined> {
  const { redis, session, options } = await begin();
  const { layout } = session;
  const { from = 'kept', keepDays, onKept, signal } = options;
  checkFunction('onKept', onKept);
  checkSignal(signal);
  const every = stepInterval(options.every ?? layout.base.name, layout.base);
  const name = consumerName(layout, options);
  if (!['kept', 'beginning', 'now'].includes(from))
    throw new ArgumentError('from', '"kept", "beginning" or "now"', from);
  signal?.throwIfAborted();
  // The follower loads no bar that closes after `limit`. With the first open as the limit it loads nothing yet: the first step is not
  // known, and bars loaded from the session's clock on would lack days that the first steps need. `Walk` raises the limit from day to day.
  const limit = layout.start;
  const derivedBy = derivedByFor(layout);
  const follower = await StoreFollower.open(redis, layout, { keepDays, derivedBy, limit, signal });
  let kept: KeptPosition | undefined;
  let walk: Walk | undefined;
  let hasLeft = false;
  try {
    if (name !== undefined) kept = await KeptPosition.join(redis, layout, name, from, signal);
    walk = new Walk(follower, every, kept, startOf(follower, layout, from), signal);
    if (kept && name !== undefined) {
      const start = { ...walk.start, atEnd: walk.isAtEnd };
      await orAborted(() => onKept?.(start), signal);
      if (start.atEnd) warnOfEnd(name, layout.id, start);
    }
    for (;;) {
      const step = walk.tryStep() ?? (await walk.nextStep());
      if (!step) break;
      yield step;
      walk.stepDone();
    }
    await kept?.leave(walk.position, signal);
    hasLeft = true;
  } finally {
    walk?.close();
    // After a break or an error the clock must not wait for this consumer. With the aborted signal `leave` tries once. An error of
    // `leave` is ignored, because it would hide the error that ended the loop.
    if (walk && !hasLeft) await kept?.leave(walk.position, AbortSignal.abort()).catch(() => undefined);
    follower.close();
  }
}

/** Warns that no step is left: a loop without a step would look like a mistake. */
function warnOfEnd(name: string, session: string, { steps }: KeptStart): void {
  const finished = `consumer ${name} has finished session ${session} (${steps} steps)`;
  const help = 'it gets no further step; another name, or from: "beginning", starts again';
  process.emitWarning(`${finished}: ${help}`, { type: 'BarkeepWarning', code: 'CONSUMER_AT_END' });
}

/** The consumer's name: the given one, or a random one when the clock waits for the consumer. Undefined: no position is kept. */
function consumerName(layout: SessionLayout, { consumer, lockstep }: FollowOptions): string | undefined {
  const { mode } = layout.spec.pace;
  if (lockstep === true && mode !== 'lockstep') throw new NotLockstepError(layout.id, mode);
  const isWaitedFor = mode === 'lockstep' && lockstep !== false;
  // With a name the store would keep the consumer's position, and in lockstep the clock waits for each position in the store.
  if (mode === 'lockstep' && !isWaitedFor && consumer !== undefined)
    throw new ArgumentError('consumer', 'no name with lockstep: false in a session in lockstep', consumer);
  return consumer ?? (isWaitedFor ? `consumer-${randomBytes(6).toString('hex')}` : undefined);
}

/**
 * Who makes the derived bars of the steps. `upkeep`, if upkeep computes every derived interval and the last barrier is at the session's
 * end: then the clock passes a bar only after upkeep has stored it. Otherwise upkeep may store a bar after the clock has passed it, so
 * this process derives the bars itself: `client`.
 */
function derivedByFor(layout: SessionLayout): DerivedBy {
  const areAllComputed = layout.computed.length === layout.derived.length;
  return areAllComputed && layout.barrierEnd === layout.end ? 'upkeep' : 'client';
}

/** Where a consumer without a kept position starts, epoch ms: never in the history, the days before `sessionStart`. */
function startOf({ loader }: StoreFollower, layout: SessionLayout, from: JoinFrom): number {
  return Math.max(from === 'now' ? loader.sessionClock : loader.keptFrom, layout.sessionStart);
}
