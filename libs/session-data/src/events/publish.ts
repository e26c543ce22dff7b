/**
 * Publishes changes that the clock has passed: moves them from the pending ones to the public events, partition by partition.
 * The owner calls it after each move of the clock, and upkeep after each change of a day that the clock has reached.
 */
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS, type Script, type ScriptArgument } from '../redis/index.js';
import { EVENTS_KEPT } from './events-kept.js';

/** @param clock a time that the session's clock has reached, epoch ms */
export async function publishEvents(
  redis: Redis,
  layout: SessionLayout,
  clock: number,
  partitions: readonly number[] = [...layout.keys.keys()],
): Promise<void> {
  const dayIndex = layout.dayIndexAt(clock);
  const isOver = dayIndex === layout.days.length;
  const grid = layout.grid(isOver ? dayIndex - 1 : dayIndex);
  const place = [clock, grid.date, isOver ? grid.slotCount : grid.closedBy(clock), layout.base.ms, EVENTS_KEPT];
  await Promise.all(
    partitions.map((partition) => {
      const { meta, pending, events, refusedAhead } = layout.keysOf(partition);
      return SCRIPTS.publish.run(redis, [meta, pending, events, refusedAhead], [layout.stampOf(partition), ...place]);
    }),
  );
}

/** Publishes the changes of one partition after a change of a day that opens at `open`, epoch ms, if the clock is past that. */
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
 * Runs a script that changes a day which opens at `open`, epoch ms, and publishes the change if the clock is past that.
 * @returns the script's answer
 */
export async function runAndPublish(
  script: Script,
  redis: Redis,
  { layout, partition, open }: { layout: SessionLayout; partition: number; open: number },
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  // The clock is read after the script: when it moves later than this, the owner publishes the change.
  const [answer, clock] = await script.runThen(redis, keys, args, () => readClock(redis, layout));
  if (Number(clock) > open) await publishEvents(redis, layout, Number(clock), [partition]);
  return answer;
}

function readClock(redis: Redis, layout: SessionLayout): Promise<string | null> {
  return redis.hget(layout.keysOf(0).meta, 'clock');
}
