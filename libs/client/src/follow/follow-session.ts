/**
 * Goes through a session step by step: `for await (const step of followSession(…))`. What a step shows is what the session
 * showed when its clock was there, however far the session, or what was loaded of it, is ahead (I2). A named consumer's
 * position is kept in the session; in lockstep the session's clock waits for it. One step at a time.
 */
import { randomBytes } from 'node:crypto';
import { type JoinFrom, type OpenSession, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { type DerivedBy, StoreFollower } from '../mirror/index.js';
import { NotLockstepError } from './errors.js';
import { KeptPosition } from './kept-position.js';
import { stepInterval } from './step-times.js';
import type { Step } from './step.js';
import { Walk } from './walk.js';

/** How a session is followed. */
export interface FollowOptions {
  /**
   * The name of a consumer, `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`: its position is kept in the session under this name, and whoever
   * followed under it before is refused from now on.
   * @default none; in lockstep a random name
   */
  consumer?: string;
  /** How far apart steps are: the base interval, any whole multiple of it, or `day`. @default the base interval */
  every?: string;
  /** True: the session's clock waits for this consumer, and its pace has to be lockstep. @default true for a session of that pace */
  lockstep?: boolean;
  /** Where to begin: where the consumer left off, at the first day that the session keeps, or at its clock. @default 'kept' */
  from?: JoinFrom;
  /** Days that the step's mirror holds beside the one of the step. @default as many as fit 512 MiB */
  keepDays?: number;
  /** Ends the loop by throwing the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Follows a session, from its first step to its end: waits while its clock stands, and ends with its last step. A step counts as
 * done when the next one is asked for, so one whose loop body was left by `break` or an error comes again when the same
 * consumer comes back.
 * @throws NotLockstepError, StepIntervalError, KeepDaysError, ConsumerNameError; SessionEndedError after the last visible step of a session that was stopped or
 *   failed; SessionLostError when it was deleted; ConsumerReplacedError when somebody else goes on under the name; UnknownConsumerError when
 *   the consumer was removed by hand; DaysRemovedError when days that it has not seen left the session; SessionRedisAwayError when Redis
 *   was away for more than a minute
 */
export function followSession(
  redis: Redis,
  session: OpenSession,
  options: FollowOptions = {},
): AsyncGenerator<Step, void, undefined> {
  return follow(() => Promise.resolve({ redis, session, options }));
}

/** What is followed, and how. */
export interface Followed {
  redis: Redis;
  session: OpenSession;
  options: FollowOptions;
}

/**
 * As {@link followSession}, of what there is once the first step is asked for. One generator from end to end: to hand each step
 * on from one to another costs as much as the step.
 */
export async function* follow(begin: () => Promise<Followed>): AsyncGenerator<Step, void, undefined> {
  const { redis, session, options } = await begin();
  const { layout } = session;
  const every = stepInterval(options.every ?? layout.base.name, layout.base);
  const name = consumerName(layout, options);
  options.signal?.throwIfAborted();
  const derivedBy = whoDerives(layout);
  const follower = await StoreFollower.open(redis, layout, {
    keepDays: options.keepDays,
    derivedBy,
    // Until it is known where the first step is: what was loaded before it might be dropped, or missing, by then.
    limit: layout.start,
    signal: options.signal,
  });
  let kept: KeptPosition | undefined;
  try {
    if (name !== undefined) kept = await KeptPosition.join(redis, layout, name, options);
    const walk = new Walk(follower, every, kept, startOf(follower, layout, options.from), options.signal);
    try {
      for (;;) {
        const step = walk.tryStep() ?? (await walk.nextStep());
        if (!step) break;
        yield step;
        walk.stepDone();
      }
      await walk.end();
      kept = undefined;
    } finally {
      walk.close();
      // Whoever breaks off holds the session no more; what is wrong with it was or is thrown already.
      await kept?.leave(walk.position, AbortSignal.abort()).catch(() => undefined);
    }
  } finally {
    follower.close();
  }
}

function consumerName(layout: SessionLayout, { consumer, lockstep }: FollowOptions): string | undefined {
  const { mode } = layout.spec.pace;
  if (lockstep === true && mode !== 'lockstep') throw new NotLockstepError(layout.id, mode);
  const waits = mode === 'lockstep' && lockstep !== false;
  return consumer ?? (waits ? `consumer-${randomBytes(6).toString('hex')}` : undefined);
}

/** Upkeep, where the clock waits for it; otherwise a window is likely to be derived only after the clock has passed it. */
function whoDerives(layout: SessionLayout): DerivedBy {
  const isComputed = layout.computed.length === layout.derived.length;
  return isComputed && layout.barrierEnd === layout.end ? 'upkeep' : 'client';
}

function startOf({ loader }: StoreFollower, layout: SessionLayout, from: JoinFrom | undefined): number {
  return Math.max(from === 'now' ? loader.sessionClock : loader.keptFrom, layout.sessionStart);
}
