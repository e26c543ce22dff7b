/**
 * Reads a session's position and counts, without its history. The store counts up to the frontier: for a strategy's view the slots
 * between the clock and the frontier are subtracted. Also counts bars that the server evicted. Reads only.
 */
import { noCounts, type SlotCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { SessionLostError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { COUNTERS, runCommands, runGroups } from '../redis/index.js';
import { type Control, countBars } from '../stream/index.js';
import { countsBefore, UpkeepReads } from '../upkeep/index.js';
import type { Listing } from './listing.js';
import { readRefusals, refusalsOf, refusedBars } from './refusals.js';
import { visibleWatermark } from './clocked-reads.js';

/** How often a read is repeated because the store changed during it. After that its last result is the answer. */
const CHANGES_MAX = 5;
/** Fields of a partition's meta hash. Only partition 0 has the clock and the control of the session. */
const META_FIELDS = ['incarnation', 'frontier', 'watermark', 'begun', 'leftSlots', ...COUNTERS, 'clock', 'control'];
const COUNT_NAMES = Object.keys(noCounts()) as (keyof SlotCounts)[];

/** How far a session has come, in one of the views. */
export interface SessionPosition {
  /** Epoch ms. */
  clock: number;
  frontier: number;
  watermark: number;
  control: Control;
  /** Slots of all symbols up to the frontier; in a strategy's view up to the clock. Includes removed days, and not the history. */
  counts: SlotCounts;
  /** Number of bars refused so far, without those that have no slot. */
  refused: number;
  /** Number of these bars whose time is not the open of a slot. A strategy's view does not count them: 0. */
  offGrid: number;
}

/** A position with the frontier of each partition, epoch ms; undefined for a partition that is not counted. */
export interface PartitionedPosition extends SessionPosition {
  frontiers: readonly (number | undefined)[];
}

/**
 * The position up to the frontier. Ignores joining symbols, each of which is alone in its partition, and vacant partitions, whose symbol has
 * left. In the other partitions, two fields correct the number of expected slots:
 *
 * - `begun`, of a symbol that joined after days were removed: its slots begin there.
 * - `leftSlots`, of symbols that left after days were removed: the counters still include their slots on these days.
 *
 * @throws SessionLostError
 */
export async function readPosition({ redis, layout, joining }: Listing): Promise<PartitionedPosition> {
  const replies = (await runGroups(redis, layout.keys, ({ meta, refused }) => [
    ['hmget', meta, ...META_FIELDS],
    ['hgetall', refused],
  ])) as [meta: (string | null)[], refused: Record<string, string>][];
  const [clock, control] = replies[0]![0].slice(-2);
  const frontiers: (number | undefined)[] = layout.keys.map(() => undefined);
  const total = { frontier: Infinity, watermark: Infinity, counts: noCounts(), refused: 0, offGrid: 0, frontiers };
  for (const [partition, [meta, refused]] of replies.entries()) {
    const [stamp, ...numbers] = meta;
    if (!layout.owns(stamp)) throw new SessionLostError(layout.id);
    const refusals = refusalsOf(refused);
    const symbols = layout.symbolsOf(partition);
    const isJoining = symbols.some((symbol) => joining.has(symbol));
    if (layout.isVacant(partition) || isJoining) continue;
    const [frontier = 0, watermark = 0, begun = 0, leftSlots = 0, ...counters] = numbers.map(Number);
    frontiers[partition] = frontier;
    total.frontier = Math.min(total.frontier, frontier);
    total.watermark = Math.min(total.watermark, watermark);
    const slots = layout.slotsClosedBy(frontier) - layout.slotsClosedBy(begun);
    total.counts.expected += slots * symbols.length + leftSlots;
    COUNTERS.forEach((name, i) => (total.counts[name] += counters[i]!));
    total.refused += refusedBars(refusals);
    total.offGrid += refusedBars(refusals.filter(({ reason }) => reason === 'off-grid'));
  }
  return { clock: Number(clock), control: control as Control, ...total, counts: addedUp(total.counts) };
}

/**
 * Computes `filled`, `expected` and `missing` so that the counts add up (I6, docs/ARCHITECTURE.md). The counters may count more slots than
 * the present symbols have, because they include a symbol that left until its data are removed.
 */
export function addedUp(counts: SlotCounts): SlotCounts {
  const filled = counts.streamed + counts.backfilled;
  const counted = filled + counts.noTrade + counts.unfillable + counts.absent;
  const expected = Math.max(counts.expected, counted);
  return { ...counts, filled, expected, missing: expected - counted };
}

/** The position in a strategy's view: frontier and watermark are not after the clock. @throws SessionLostError */
export async function readVisiblePosition(listing: Listing): Promise<SessionPosition> {
  const { redis, layout } = listing;
  let position = await readPosition(listing);
  // At the session's end there is nothing after the clock to subtract.
  if (position.clock >= layout.end) return upToClock(layout, position, noCounts(), position.refused);
  for (let change = 0; ; change++) {
    const ahead = await countAhead(redis, layout, position);
    const counted = layout.keys.filter((_, partition) => position.frontiers[partition] !== undefined);
    const refused = refusedBars(await readRefusals(redis, counted, position.clock));
    // The counts belong together only when the store has not changed since the position was read.
    const now = await readPosition(listing);
    const isUnchanged = JSON.stringify(now) === JSON.stringify(position);
    if (isUnchanged || change === CHANGES_MAX) return upToClock(layout, position, ahead, refused);
    position = now;
  }
}

/** The position in a strategy's view. @param ahead counts of the slots after the clock @param refused bars refused up to the clock */
function upToClock(
  layout: SessionLayout,
  position: PartitionedPosition,
  ahead: SlotCounts,
  refused: number,
): SessionPosition {
  const { clock, control, counts } = position;
  const visible = noCounts();
  // When the store keeps changing, `ahead` may be newer than `counts`, and larger.
  for (const name of COUNT_NAMES) visible[name] = Math.max(0, counts[name] - ahead[name]);
  const frontier = Math.min(position.frontier, clock);
  const watermark = visibleWatermark(layout, position.watermark, clock);
  return { clock, control, frontier, watermark, counts: addedUp(visible), refused, offGrid: 0 };
}

/** Counts of the slots between the clock and each partition's frontier. */
async function countAhead(redis: Redis, layout: SessionLayout, position: PartitionedPosition): Promise<SlotCounts> {
  const { clock, frontiers } = position;
  const ahead = noCounts();
  const store = new UpkeepReads(redis, layout);
  // A partition that is not counted has no frontier here. With the clock instead, none of its slots is ahead.
  for (const [partition, frontier = clock] of frontiers.entries()) {
    for (let day = layout.dayIndexAt(clock); day < layout.days.length && layout.grid(day).open < frontier; day++) {
      if (layout.isHistory(day)) continue;
      const grid = layout.grid(day);
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      const visible = countsBefore(slots, grid.closedBy(clock));
      const stored = countsBefore(slots, grid.closedBy(frontier));
      for (const name of COUNT_NAMES) ahead[name] += stored[name] - visible[name];
    }
  }
  return ahead;
}

/**
 * Number of base bars after the history that are counted and not stored: the server evicted their chunks. Always 0 after days were
 * removed or symbols changed, because the counts then cover more than the present days and symbols. @throws SessionLostError
 */
export async function countMissingBars(redis: Redis, layout: SessionLayout): Promise<number> {
  // Reads the counters first: a bar that is stored after that must not look missing.
  const counted = await countedBars(redis, layout);
  if (counted === undefined) return 0;
  const stored = await countBars(redis, layout, layout.symbols, layout.base, layout.historyDays, layout.days.length);
  const missing = [...stored.values()].reduce((left, bars) => left - bars, counted);
  if (missing <= 0) return 0;
  // The first removal of a day or symbol may have been during the count: its bars are not missing.
  const hasChanged = (await countedBars(redis, layout)) === undefined;
  return hasChanged ? 0 : missing;
}

/** Number of base bars after the history in the store's counters; undefined when days were removed or symbols changed. */
async function countedBars(redis: Redis, layout: SessionLayout): Promise<number | undefined> {
  const fields = ['incarnation', 'streamed', 'backfilled', 'retainedFrom', 'version'];
  const reads = layout.keys.map(({ meta }) => ['hmget', meta, ...fields]);
  const metas = (await runCommands(redis, reads)) as (string | null)[][];
  let total = 0;
  for (const [stamp, streamed, backfilled, retainedFrom, version] of metas) {
    if (!layout.owns(stamp)) throw new SessionLostError(layout.id);
    if (retainedFrom || version) return undefined;
    total += Number(streamed) + Number(backfilled);
  }
  return total;
}
