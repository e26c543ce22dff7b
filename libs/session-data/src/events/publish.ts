/**
 * Publishes changes to strategies once the clock has passed them, and emits the states of a session.
 *
 * A script that makes or finds a change adds it to the set `pending` of the partition. Publishing moves the change from there to the
 * public events. This happens after each move of the clock, when an owner claims the store, and after a script that changed a day, if the
 * day opened before the clock (`clock > open`). On a day that opens at the clock or later no slot has closed, so no change of it is due.
 */
import type { Redis } from 'ioredis';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS, type Script, type ScriptArgument } from '../redis/index.js';

/** Approximate number of entries that each event stream keeps: Redis trims whole nodes. */
export const EVENTS_KEPT = 10_000;
/** Most characters of an error that are stored. */
export const ERROR_CHARS_MAX = 500;

/** Publishes what is due. @param clock a time that the clock has reached, epoch ms @param partitions their numbers @default all */
export async function publishEvents(
  redis: Redis,
  layout: SessionLayout,
  clock: number,
  partitions: readonly number[] = [...layout.keys.keys()],
): Promise<void> {
  // At the session's end all days are over, and the last one counts as the day of the clock.
  const today = layout.grid(Math.min(layout.dayIndexAt(clock), layout.days.length - 1));
  // After the stamp, publish.lua takes the clock, the date of its day, the number of that day's closed base slots, and their length.
  const args = [clock, today.date, today.closedBy(clock), layout.base.ms, EVENTS_KEPT];
  await Promise.all(
    partitions.map((partition) => {
      // `refusedAhead` counts refused bars that a strategy may not see yet. The script removes the counts that the clock has reached.
      const { meta, pending, events, refusedAhead } = layout.keysOf(partition);
      return SCRIPTS.publish.run(redis, [meta, pending, events, refusedAhead], [layout.stampOf(partition), ...args]);
    }),
  );
}

/** Publishes what is due in one partition, if the clock is after `open`: the open of a day that was changed, epoch ms. */
export async function publishReached(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  open: number,
): Promise<void> {
  const clock = Number(await readClock(redis, layout));
  if (clock > open) await publishEvents(redis, layout, clock, [partition]);
}

/**
 * Runs a script that changes a day, and publishes the change if the clock is after the day's `open`.
 * @returns the script's answer: a verdict, then further values @throws SessionLostError
 */
export async function runAndPublish(
  script: Script,
  redis: Redis,
  { layout, partition, open }: { layout: SessionLayout; partition: number; open: number },
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown[]> {
  const stampedArgs = [layout.stampOf(partition), ...args];
  // The clock is read after the script. When the clock moves after this read, the owner publishes the change.
  const replies = await script.runThen(redis, keys, stampedArgs, () => readClock(redis, layout));
  const [answer, clock] = replies as [unknown[], string | null];
  if (answer[0] === 'gone') throw new SessionLostError(layout.id);
  if (Number(clock) > open) await publishEvents(redis, layout, Number(clock), [partition]);
  return answer;
}

/** Emits a state after PostgreSQL has it, unless it was the last one emitted. @returns false when the session has no store */
export async function emitState(
  redis: Redis,
  layout: SessionLayout,
  state: string,
  error: string | null = null,
): Promise<boolean> {
  const { meta, emitted, events } = layout.keysOf(0);
  const errorFields = error === null ? [] : ['error', error.slice(0, ERROR_CHARS_MAX)];
  const event = ['type', 'state', 'state', state, ...errorFields];
  // The script compares `state` with the last one emitted, then emits `event`.
  const args = [layout.incarnation, EVENTS_KEPT, state, ...event];
  return (await SCRIPTS.emitState.run(redis, [meta, emitted, events], args)) === 'emitted';
}

/** The session's clock as text; null when there is no store. */
function readClock(redis: Redis, layout: SessionLayout): Promise<string | null> {
  return redis.hget(layout.keysOf(0).meta, 'clock');
}
