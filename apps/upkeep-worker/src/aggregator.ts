/**
 * Derives the bars of one partition.
 *   1. Derives the days from the watermark to the frontier, and moves the watermark along. At a missing slot the watermark stops before
 *      the slot's window, and the aggregator adds a `detect-gaps` job, unless its own job forbids that. It also adds one when the store
 *      was set back, that is, returned to an earlier state.
 *   2. Derives again the days that were written to after they were derived, for example by a repair.
 */
import { countsBefore, type PartitionPosition, type UpkeepStore } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { deriveDay, hasNoBarrier } from './derive-day.js';
import type { WorkParts } from './upkeep-sessions.js';

/** At most this many partitions are remembered in `continueAt`. */
const PARTITIONS_MAX = 1_000;

/** The work of the queue `aggregate`. */
export class Aggregator {
  /** By partition: the first day that the last run of {@link deriveStored} did not fully derive, and the frontier at that time. */
  private readonly continueAt = new Map<string, { day: number; frontier: number }>();
  /** How often the session Redis has come back. */
  private storeReturns = 0;

  constructor(private readonly parts: WorkParts) {}

  /** Called when the session Redis is back, perhaps without its newest writes: what was derived may be lost. */
  onStoreReturned(): void {
    this.storeReturns++;
    this.continueAt.clear();
  }

  /** @throws SessionLostError */
  async run(payload: Payload<'aggregate'>, signal?: AbortSignal): Promise<void> {
    const attributes = { 'barkeep.session': payload.sessionId, 'barkeep.partition': payload.partition };
    await this.parts.tracing.span('make bars readable', attributes, () =>
      this.parts.sessions.with(payload, (store) => this.derive(store, payload, signal)),
    );
    if (payload.foundAt !== undefined) this.parts.figures.repairTook(this.parts.now() - payload.foundAt);
  }

  /** Does both steps for one partition. Does nothing when the session has no such partition. */
  private async derive(store: UpkeepStore, payload: Payload<'aggregate'>, signal?: AbortSignal): Promise<void> {
    const { partition } = payload;
    if (!store.layout.keys[partition]) return;
    const [positions, readFrom] = await Promise.all([store.positions(), store.serverRun(partition)]);
    const position = positions[partition]!;
    const watermark = await this.deriveNew(store, payload, { ...position, readFrom }, signal);
    await this.deriveDirty(store, partition, { ...position, watermark }, signal);
  }

  /**
   * Step 1: derives the days from the watermark to the frontier. `readFrom` is the server's run, which was read before any slot.
   * @returns the new watermark
   */
  private async deriveNew(
    store: UpkeepStore,
    { sessionId, incarnation, partition, mayDetect }: Payload<'aggregate'>,
    { frontier, watermark: oldWatermark, retainedFrom, readFrom }: PartitionPosition & { readFrom: string },
    signal?: AbortSignal,
  ): Promise<number> {
    const { layout } = store;
    const addDetection = () => this.parts.producer.add('detect-gaps', { sessionId, incarnation, force: false });
    let watermark = oldWatermark;
    const firstDay = layout.dayIndexAt(Math.max(watermark, retainedFrom));
    for (let day = firstDay; day < layout.days.length && layout.grid(day).open < frontier; day++) {
      signal?.throwIfAborted();
      const { close, slotCount } = layout.grid(day);
      const { storeReturns } = this;
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      const derivedTo = await deriveDay({ store, partition, day }, slots, frontier);
      // When the watermark reaches a day's close, the day's counts are emitted with it.
      const closedDay = derivedTo === close ? { dayIndex: day, counts: countsBefore(slots, slotCount) } : undefined;
      // A store that was set back may have lost the fills of slots that were read before.
      const isStoreSetBack =
        storeReturns !== this.storeReturns ||
        !(await store.moveWatermark(partition, watermark, derivedTo, closedDay, readFrom));
      if (isStoreSetBack) {
        await addDetection();
        break;
      }
      watermark = Math.max(watermark, derivedTo);
      // A missing slot, or a symbol that changed meanwhile, holds the watermark back. The frontier of a feed may be inside a window, but
      // the watermark moves only to the ends of windows.
      const isHeldBack = derivedTo < Math.min(layout.windowEndBefore(frontier), close);
      if (!isHeldBack) continue;
      if (mayDetect) await addDetection();
      if (hasNoBarrier(store)) await this.deriveStored(store, partition, day + 1, frontier, signal);
      break;
    }
    return watermark;
  }

  /**
   * Derives the stored bars of the days from `fromDay` on while an earlier day waits for a repository. A fully derived day is not visited
   * again: a later write marks it as dirty, and {@link deriveDirty} takes it.
   */
  private async deriveStored(
    store: UpkeepStore,
    partition: number,
    fromDay: number,
    frontier: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { layout } = store;
    const { storeReturns } = this;
    const key = `${layout.incarnation} ${partition} ${layout.membership.version}`;
    const last = this.continueAt.get(key);
    const isStoreSetBack = last !== undefined && last.frontier > frontier;
    let day = last && !isStoreSetBack ? Math.max(fromDay, last.day) : fromDay;
    for (; day < layout.days.length && layout.grid(day).open < frontier; day++) {
      signal?.throwIfAborted();
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      await deriveDay({ store, partition, day }, slots, frontier);
      if (layout.grid(day).close > frontier) break;
    }
    if (storeReturns === this.storeReturns) this.remember(key, { day, frontier });
  }

  private remember(key: string, position: { day: number; frontier: number }): void {
    // Deleted first, so that it becomes the last key: the first key is the one used longest ago.
    this.continueAt.delete(key);
    this.continueAt.set(key, position);
    const [oldest] = this.continueAt.keys();
    if (this.continueAt.size > PARTITIONS_MAX && oldest) this.continueAt.delete(oldest);
  }

  /** Step 2: derives again the symbols and days that were written to after they were derived. */
  private async deriveDirty(
    store: UpkeepStore,
    partition: number,
    { frontier, watermark, retainedFrom }: PartitionPosition,
    signal?: AbortSignal,
  ) {
    const { layout } = store;
    const dirtyByDate = new Map<string, string[]>();
    for (const { date, symbol } of await store.dirty(partition)) {
      dirtyByDate.set(date, [...(dirtyByDate.get(date) ?? []), symbol]);
    }
    for (const [date, dirty] of dirtyByDate) {
      signal?.throwIfAborted();
      const day = layout.dayIndexOf(date);
      if (day === undefined || day < layout.firstKept(retainedFrom)) continue;
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      const { close, slotCount } = layout.grid(day);
      if (close <= watermark) {
        // Only emits the new counts. This comes before `deriveDay`, which clears the dirty marks: if this worker dies in between, the marks
        // remain, and the next worker emits the counts again.
        const closedDay = { dayIndex: day, counts: countsBefore(slots, slotCount) };
        await store.moveWatermark(partition, close, close, closedDay);
      }
      const dirtySlots = slots.filter(({ symbol }) => dirty.includes(symbol));
      await deriveDay({ store, partition, day }, dirtySlots, frontier, 'all');
    }
  }
}
