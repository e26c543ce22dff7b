/**
 * A session's position in a strategy's view: its counts up to the clock. The store counts up to the frontier, so the slots
 * between the two are read and subtracted; there are none when the session is at its end. Reads only.
 */
import { noCounts, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { countsBefore, UpkeepStore } from '../upkeep/index.js';
import { addedUp, readPosition, type PartitionedPosition, type SessionPosition } from './metrics.js';
import { visibleWatermark } from './visible-end.js';
import { refusedIn, refusedTotal } from './refusals.js';

/** How often the store may change during one read before the last answer is taken. */
const CHANGES_MAX = 5;

/** Frontier and watermark are not after the clock in it. @throws SessionLostError */
export async function readVisiblePosition(
  redis: Redis,
  layout: SessionLayout,
  joining: ReadonlySet<string>,
): Promise<SessionPosition> {
  let position = await readPosition(redis, layout, joining);
  // Nothing is after the clock.
  if (position.clock >= layout.end) return visible(layout, position, noCounts(), position.refused);
  for (let change = 0; ; change++) {
    const ahead = await countAhead(redis, layout, position);
    const refused = await countRefused(redis, layout, position);
    const now = await readPosition(redis, layout, joining);
    if (JSON.stringify(now) === JSON.stringify(position) || change === CHANGES_MAX) {
      return visible(layout, position, ahead, refused);
    }
    position = now;
  }
}

function visible(
  layout: SessionLayout,
  position: PartitionedPosition,
  ahead: SlotCounts,
  refused: number,
): SessionPosition {
  const { clock, frontier, watermark, control, counts } = position;
  const names = Object.keys(counts) as (keyof SlotCounts)[];
  // A store that changes all the time can have had fewer slots settled when the position was read.
  const rest = names.map((name) => [name, Math.max(0, counts[name] - ahead[name])]);
  const cut = { frontier: Math.min(frontier, clock), watermark: visibleWatermark(layout, watermark, clock) };
  return { clock, control, ...cut, counts: addedUp(Object.fromEntries(rest) as SlotCounts), refused };
}

/** Counts of the slots between the clock and each partition's frontier. */
async function countAhead(redis: Redis, layout: SessionLayout, position: PartitionedPosition): Promise<SlotCounts> {
  const { clock, frontiers } = position;
  const ahead = noCounts();
  const store = new UpkeepStore(redis, layout);
  for (const [partition, frontier = clock] of frontiers.entries()) {
    for (let day = layout.dayIndexAt(clock); day < layout.days.length && layout.grid(day).open < frontier; day++) {
      if (layout.isHistory(day)) continue;
      const grid = layout.grid(day);
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      const before = countsBefore(slots, grid.closedBy(clock));
      const stored = countsBefore(slots, grid.closedBy(frontier));
      for (const name of Object.keys(ahead) as (keyof SlotCounts)[]) ahead[name] += stored[name] - before[name];
    }
  }
  return ahead;
}

async function countRefused(redis: Redis, layout: SessionLayout, position: PartitionedPosition): Promise<number> {
  const counted = layout.keys.filter((_, partition) => position.frontiers[partition] !== undefined);
  const refused = await Promise.all(counted.map((keys) => refusedIn(redis, keys, position.clock)));
  return refused.reduce((sum, counts) => sum + refusedTotal(counts), 0);
}
