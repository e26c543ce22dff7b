/**
 * Reads a session's position: its clock and its counts, which cover the session's own days and not its history. The store counts
 * up to the frontier. In a strategy's view the slots between the clock and the frontier are read and subtracted; there are none
 * when the session is at its end. Reads only.
 */
import { noCounts, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type SessionLayout, SessionLostError } from '../layout/index.js';
import { COUNTERS, runCommands } from '../redis/index.js';
import { type Control, countBars } from '../stream/index.js';
import { countsBefore, UpkeepStore } from '../upkeep/index.js';
import { refusedIn, refusedTotal } from './refusals.js';
import { visibleWatermark } from './clocked-reads.js';

/** How often the store may change during one read before the last answer is taken. */
const CHANGES_MAX = 5;
const META_FIELDS = ['incarnation', 'frontier', 'watermark', 'begun', 'leftSlots', ...COUNTERS];

export interface SessionPosition {
  /** Epoch ms. */
  clock: number;
  frontier: number;
  watermark: number;
  control: Control;
  /** Slots of all symbols before the frontier (in a strategy's view before the clock), in the session's own days, retained or not. */
  counts: SlotCounts;
  /** Bars refused so far, for all reasons. */
  refused: number;
}

/** With the frontier of each partition, epoch ms; undefined for one that is not counted. */
export interface PartitionedPosition extends SessionPosition {
  frontiers: readonly (number | undefined)[];
}

/** Joining symbols are not counted, and their partitions do not limit frontier and watermark. @throws SessionLostError */
export async function readPosition(
  redis: Redis,
  layout: SessionLayout,
  joining: ReadonlySet<string>,
): Promise<PartitionedPosition> {
  const reads = layout.keys.flatMap(({ meta, refused }) => [
    ['hmget', meta, ...META_FIELDS],
    ['hgetall', refused],
  ]);
  const ofSession = ['hmget', layout.keysOf(0).meta, 'clock', 'control'];
  const [first, ...replies] = await runCommands(redis, [ofSession, ...reads]);
  const [clock, control] = first as [string, Control];
  const frontiers: (number | undefined)[] = layout.keys.map(() => undefined);
  const at = { frontier: Infinity, watermark: Infinity, counts: noCounts(), refused: 0, frontiers };
  for (let p = 0; p < layout.partitions; p++) {
    const [incarnation, ...numbers] = replies[2 * p] as (string | null)[];
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    // A symbol that joined is alone in its partition.
    if (layout.isVacant(p) || layout.symbolsOf(p).some((symbol) => joining.has(symbol))) continue;
    const [frontier = 0, watermark = 0, begun = 0, leftSlots = 0, ...counters] = numbers.map(Number);
    frontiers[p] = frontier;
    at.frontier = Math.min(at.frontier, frontier);
    at.watermark = Math.min(at.watermark, watermark);
    const slots = layout.slotsClosedBy(frontier) - layout.slotsClosedBy(begun);
    at.counts.expected += slots * layout.symbolsOf(p).length + leftSlots;
    COUNTERS.forEach((name, i) => (at.counts[name] += counters[i]!));
    at.refused += refusedTotal(replies[2 * p + 1] as Record<string, string>);
  }
  return { clock: Number(clock), control, ...at, counts: addedUp(at.counts) };
}

/**
 * The counts with `filled`, `expected` and `missing` that add up (I6). The slots of a symbol that left are counted until its data
 * are removed, so until then more slots can be settled than the present symbols have.
 */
export function addedUp(counts: SlotCounts): SlotCounts {
  const filled = counts.streamed + counts.backfilled;
  const settled = filled + counts.noTrade + counts.unfillable + counts.absent;
  const expected = Math.max(counts.expected, settled);
  return { ...counts, filled, expected, missing: expected - settled };
}

/** The position in a strategy's view: frontier and watermark are not after the clock. @throws SessionLostError */
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

/**
 * How many base bars of the session's own days are counted and not stored: the server evicted their chunks. A chunk that is gone
 * looks like one that never had a bar, so only the counts show it. 0 for a session whose counts cover more than its present
 * symbols and days: one with removed days or with changed symbols.
 * @throws SessionLostError
 */
export async function countMissingBars(redis: Redis, layout: SessionLayout): Promise<number> {
  // The counts come first: what is stored meanwhile must not look missing.
  const counted = await countedBars(redis, layout);
  if (counted === undefined) return 0;
  const stored = await countBars(redis, layout, layout.symbols, layout.base, layout.historyDays, layout.days.length);
  return Math.max(
    0,
    [...stored.values()].reduce((missing, bars) => missing - bars, counted),
  );
}

async function countedBars(redis: Redis, layout: SessionLayout): Promise<number | undefined> {
  const fields = ['incarnation', 'streamed', 'backfilled', 'retainedFrom', 'version'];
  const metas = await runCommands(
    redis,
    layout.keys.map(({ meta }) => ['hmget', meta, ...fields]),
  );
  let total = 0;
  for (const [incarnation, streamed, backfilled, retainedFrom, version] of metas as (string | null)[][]) {
    if (!layout.owns(incarnation)) throw new SessionLostError(layout.id);
    if (retainedFrom || version) return undefined;
    total += Number(streamed) + Number(backfilled);
  }
  return total;
}
