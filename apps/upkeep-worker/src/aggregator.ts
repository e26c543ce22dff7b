/**
 * Derives bars of one partition. It visits the days from the watermark to the frontier, then days before the watermark that were
 * repaired, and moves the watermark over every bucket whose slots are settled and derived. The watermark stops at the first slot
 * that backfill has not settled. The aggregator then adds a detection job, as it does when the store was set back.
 */
import { countsBefore, type PartitionPosition, type UpkeepStore } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { deriveDay, isOpen } from './derive-day.js';
import type { WorkParts } from './upkeep-sessions.js';

/** Partitions whose derived days are remembered. */
const PARTITIONS_KNOWN = 1_000;

export class Aggregator {
  /** Up to which day the stored bars of a partition are derived, and the frontier then. */
  private readonly derivedTo = new Map<string, { day: number; frontier: number }>();

  constructor(private readonly parts: WorkParts) {}

  /** @throws SessionLostError */
  async run(payload: Payload<'aggregate'>, signal?: AbortSignal): Promise<void> {
    const about = { 'barkeep.session': payload.sessionId, 'barkeep.partition': payload.partition };
    await this.parts.tracing.span('make bars readable', about, () =>
      this.parts.sessions.with(payload, (store) => this.derive(store, payload, signal)),
    );
    if (payload.foundAt !== undefined) this.parts.figures.readable(this.parts.now() - payload.foundAt);
  }

  private async derive(
    store: UpkeepStore,
    { sessionId, incarnation, partition, mayDetect }: Payload<'aggregate'>,
    signal?: AbortSignal,
  ): Promise<void> {
    const position = (await store.positions())[partition];
    if (!position) return;
    const { layout } = store;
    const { frontier, watermark, retainedFrom } = position;
    let settledTo = watermark;
    let day = layout.dayIndexAt(Math.max(watermark, retainedFrom));
    for (; day < layout.days.length && layout.grid(day).open < frontier; day++) {
      signal?.throwIfAborted();
      const { close, slotCount } = layout.grid(day);
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      const upTo = await deriveDay({ store, partition, day }, slots, frontier);
      const closes = upTo === close ? { dayIndex: day, counts: countsBefore(slots, slotCount) } : undefined;
      const moved = await store.moveWatermark(partition, settledTo, upTo, closes);
      settledTo = Math.max(settledTo, upTo);
      // A feed's frontier may be inside a window. The buckets before it are derived, and the watermark waits for the window's end.
      if (!moved || upTo < Math.min(layout.windowEndBefore(frontier), close)) {
        if (mayDetect || !moved) await this.parts.producer.add('detect-gaps', { sessionId, incarnation, force: false });
        if (moved && isOpen(store)) await this.deriveStored(store, partition, day + 1, frontier, signal);
        break;
      }
    }
    await this.deriveDirty(store, partition, { ...position, watermark: settledTo }, signal);
  }

  /**
   * Derives what is stored of the days from `fromDay` on, while an earlier day waits for a repository. A day that was derived whole is
   * not visited again: what is written to it later marks it as dirty.
   */
  private async deriveStored(
    store: UpkeepStore,
    partition: number,
    fromDay: number,
    frontier: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const { layout } = store;
    const key = `${layout.incarnation} ${partition} ${layout.membership.version}`;
    const before = this.derivedTo.get(key);
    // A frontier that went back belongs to a store that was set back: derive its days again.
    let day = before && before.frontier <= frontier ? Math.max(fromDay, before.day) : fromDay;
    for (; day < layout.days.length && layout.grid(day).open < frontier; day++) {
      signal?.throwIfAborted();
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      await deriveDay({ store, partition, day }, slots, frontier);
      if (layout.grid(day).close > frontier) break;
    }
    this.derivedTo.delete(key);
    this.derivedTo.set(key, { day, frontier });
    const [oldest] = this.derivedTo.keys();
    if (this.derivedTo.size > PARTITIONS_KNOWN && oldest) this.derivedTo.delete(oldest);
  }

  private async deriveDirty(
    store: UpkeepStore,
    partition: number,
    { frontier, watermark, retainedFrom }: PartitionPosition,
    signal?: AbortSignal,
  ) {
    const symbolsByDate = new Map<string, string[]>();
    for (const { date, symbol } of await store.dirty(partition)) {
      symbolsByDate.set(date, [...(symbolsByDate.get(date) ?? []), symbol]);
    }
    for (const [date, symbols] of symbolsByDate) {
      signal?.throwIfAborted();
      const { layout } = store;
      const day = layout.dayIndexOf(date);
      if (day === undefined || day < layout.firstKept(retainedFrom)) continue;
      const all = await store.readDay(partition, day, layout.symbolsOf(partition));
      // Emit the counts before the day is clean. When this worker dies in between, the next one emits them again.
      const { close, slotCount } = layout.grid(day);
      if (close <= watermark) await store.events.quality(partition, day, countsBefore(all, slotCount));
      const dirty = all.filter(({ symbol }) => symbols.includes(symbol));
      await deriveDay({ store, partition, day }, dirty, frontier, true);
    }
  }
}
