/**
 * Feeds a session store directly, without a coordinator: writes bars in any order, and moves the frontier after them.
 * docs/ARCHITECTURE.md lists the invariants, such as I6.
 */
import { type Bar, noCounts, type SlotCounts } from '@barkeep/bars';
import { countsBefore, FeedFrontier, readDaySlots, SessionFeed } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import type { TestStore } from '../sessions/session-store.js';

/** The feed of a store, and the object that moves its frontier. */
export function feedOf(redis: Redis, { layout, writer }: TestStore): { feed: SessionFeed; frontier: FeedFrontier } {
  const frontiers = layout.keys.map(() => layout.start);
  return { feed: new SessionFeed(redis, layout), frontier: new FeedFrontier(redis, layout, writer, frontiers) };
}

/** Moves a frontier to `to`, epoch ms, day by day. @returns the bars that it passed */
export async function advanceTo(frontier: FeedFrontier, to: number): Promise<number> {
  let bars = 0;
  while (frontier.frontier < to) bars += (await frontier.advance(to)).bars;
  return bars;
}

/** Slots by state before the frontier, counted from the stored bytes. The meta hashes must have the same counts (I6). */
export async function countedSlots({ layout, upkeep }: TestStore): Promise<SlotCounts> {
  const frontier = Math.min(...(await upkeep.positions()).map((position) => position.frontier));
  const counts = noCounts();
  for (let day = 0; day < layout.days.length; day++) {
    const slots = await readDaySlots(upkeep, day);
    const dayCounts = countsBefore(slots, layout.grid(day).closedBy(frontier));
    for (const name of Object.keys(counts) as (keyof SlotCounts)[]) counts[name] += dayCounts[name];
  }
  return counts;
}

/** Shuffles items: each moves by at most `within` places. */
export function shuffledWithin<T>(items: readonly T[], within: number, random: () => number): T[] {
  return items
    .map((item, i) => ({ item, at: i + random() * within }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** A bar of the same time with another close and high. It conflicts with the given bar. */
export function otherBar(bar: Bar): Bar {
  return { ...bar, close: bar.open, high: bar.high + 1 };
}
