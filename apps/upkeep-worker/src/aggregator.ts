/**
 * Derives bars of one partition. It visits the days from the watermark to the frontier, then days before the watermark that were
 * repaired, and moves the watermark over every bucket whose slots are settled and derived. The watermark stops at the first slot
 * that backfill has not settled. The aggregator then adds a detection job, as it does when the store was set back.
 */
import { aggregateCascade, closedBuckets, countBits, firstMissing, planCascade, type DayChunk } from '@barkeep/bars';
import type { Tracing } from '@barkeep/observe';
import { countsBefore, type PartitionPosition, type SymbolDay, type UpkeepStore } from '@barkeep/session-data';
import type { Payload, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { UpkeepFigures } from './figures/index.js';
import type { UpkeepSessions } from './upkeep-sessions.js';

/** Symbols whose chunks are in memory at the same time. */
const SYMBOLS_A_BATCH = 32;

/** Partitions whose derived days are remembered. */
const PARTITIONS_KNOWN = 1_000;

export class Aggregator {
  /** Up to which day the stored bars of a partition are derived, and the frontier then. */
  private readonly derivedTo = new Map<string, { day: number; frontier: number }>();

  constructor(
    private readonly sessions: UpkeepSessions,
    private readonly producer: UpkeepProducer,
    private readonly figures: Pick<UpkeepFigures, 'readable'>,
    private readonly tracing: Pick<Tracing, 'span'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws SessionLostError */
  async run(payload: Payload<'aggregate'>, signal?: AbortSignal): Promise<void> {
    const about = { 'barkeep.session': payload.sessionId, 'barkeep.partition': payload.partition };
    await this.tracing.span('make bars readable', about, () =>
      this.sessions.with(payload, (store) => this.derive(store, payload, signal)),
    );
    if (payload.foundAt !== undefined) this.figures.readable(this.now() - payload.foundAt);
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
      const upTo = await this.deriveDay(store, partition, day, slots, frontier, isOpen(store) ? 'stored' : 'settled');
      const closes = upTo === close ? { dayIndex: day, counts: countsBefore(slots, slotCount) } : undefined;
      const moved = await store.moveWatermark(partition, settledTo, upTo, closes);
      settledTo = Math.max(settledTo, upTo);
      // A feed's frontier may be inside a window. The buckets before it are derived, and the watermark waits for the window's end.
      if (!moved || upTo < Math.min(layout.windowEndBefore(frontier), close)) {
        if (mayDetect || !moved) await this.producer.add('detect-gaps', { sessionId, incarnation, force: false });
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
      await this.deriveDay(store, partition, day, slots, frontier, 'stored');
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
      await this.deriveDay(store, partition, day, dirty, frontier, isOpen(store) ? 'stored again' : 'settled again');
    }
  }

  /**
   * Derives the stale buckets of a day, or all of them (`again`). Of a symbol with slots that are not settled: the buckets before
   * the first of these slots (`settled`), or every closed bucket from the bars that are stored (`stored`).
   * @returns the time up to which every symbol is settled and derived, epoch ms
   */
  private async deriveDay(
    store: UpkeepStore,
    partition: number,
    day: number,
    days: readonly SymbolDay[],
    frontier: number,
    extent: 'settled' | 'settled again' | 'stored' | 'stored again',
  ): Promise<number> {
    const all = extent.endsWith('again');
    const grid = store.layout.grid(day);
    const closed = grid.closedBy(frontier);
    const firstGaps = days.map(({ bitmap, states }) => firstMissing(bitmap, states, closed));
    // The watermark moves window by window, as the clock does. A symbol with a gap is derived up to the gap's window.
    const settled = store.layout.windowStart(day, Math.min(closed, ...firstGaps));
    const whole = days.filter((_, i) => firstGaps[i] === closed);
    const othersTo = extent.startsWith('stored') ? closed : settled;
    const others = othersTo > 0 ? days.filter((_, i) => firstGaps[i] !== closed) : [];
    const refused =
      (await this.deriveSymbols(store, partition, day, closed, whole, all)) +
      (await this.deriveSymbols(store, partition, day, othersTo, others, all));
    return refused > 0 || settled === 0 ? grid.open : grid.closeTime(settled - 1);
  }

  /** @returns the number of symbols that changed during the derivation and must be derived again */
  private async deriveSymbols(
    store: UpkeepStore,
    partition: number,
    day: number,
    closed: number,
    symbols: readonly SymbolDay[],
    all: boolean,
  ): Promise<number> {
    let refused = 0;
    for (let from = 0; from < symbols.length; from += SYMBOLS_A_BATCH) {
      const batch = symbols.slice(from, from + SYMBOLS_A_BATCH);
      const stale = all ? batch : await this.staleOf(store, partition, day, closed, batch);
      refused += await this.deriveBatch(store, partition, day, closed, stale);
    }
    return refused;
  }

  /** The symbols with a closed bucket that was derived from another number of base bars than the store has now. */
  private async staleOf(
    store: UpkeepStore,
    partition: number,
    day: number,
    closed: number,
    batch: readonly SymbolDay[],
  ): Promise<SymbolDay[]> {
    const stale = new Set<SymbolDay>();
    for (const interval of store.layout.computed) {
      const { starts } = store.layout.plan(day, interval);
      const symbols = batch.map(({ symbol }) => symbol);
      const stored = await store.readChunks(partition, day, interval, symbols);
      for (const item of batch) if (isStale(item.bitmap, stored.get(item.symbol), starts, closed)) stale.add(item);
    }
    return [...stale];
  }

  /** @returns the number of symbols that changed during the derivation and must be derived again */
  private async deriveBatch(
    store: UpkeepStore,
    partition: number,
    day: number,
    closed: number,
    batch: readonly SymbolDay[],
  ): Promise<number> {
    if (batch.length === 0) return 0;
    const { layout } = store;
    const symbols = batch.map(({ symbol }) => symbol);
    const bases = await store.readChunks(partition, day, layout.base, symbols);
    const cascade = planCascade(layout.computed.map((interval) => layout.plan(day, interval)));
    const items = [...bases].map(([symbol, base]) => {
      return { symbol, bitmap: base.bitmap, chunks: aggregateCascade(base, cascade, closed) };
    });
    return (await store.writeDerived(partition, day, closed, items)).size;
  }
}

/** True when readers see bars before they are repaired, so that derived bars must not wait for a repository (I12). */
function isOpen({ layout }: UpkeepStore): boolean {
  return layout.spec.upkeep.barrier === 'none';
}

function isStale(bitmap: Uint8Array, derived: DayChunk | undefined, starts: Int32Array, closed: number): boolean {
  const buckets = closedBuckets(starts, closed);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const present = countBits(bitmap, starts[bucket]!, starts[bucket + 1]!);
    if (present !== (derived?.sourceCount(bucket) ?? 0)) return true;
  }
  return false;
}
