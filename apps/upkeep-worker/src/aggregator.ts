/**
 * Derives the bars of one partition, in two steps:
 *   1. the days from the watermark to the frontier; the watermark moves along
 *   2. the days that were written to after they were derived, for example by a repair
 *
 * At a missing slot the watermark stops before the slot's window.
 */
import { RecentMap } from '@barkeep/service';
import { countsBefore, type UpkeepStore } from '@barkeep/session-data';
import type { Payload } from '@barkeep/upkeep-queues';
import { deriveDay, hasNoBarrier } from './derive-day.js';
import type { WorkParts } from './upkeep-sessions.js';

const PARTITIONS_MAX = 1_000;

interface PartitionJob {
  store: UpkeepStore;
  partition: number;
  /** The partition's limits when the job began, epoch ms. */
  frontier: number;
  retainedFrom: number;
  /** The server's run, read before any slot: another run may lack writes that this one had. */
  readFrom: string;
  signal: AbortSignal | undefined;
}

/** The work of the queue `aggregate`. */
export class Aggregator {
  /** By partition: the first day that the last run of {@link deriveStored} did not fully derive, and the frontier at that time. */
  private readonly continueAt = new RecentMap<{ day: number; frontier: number }>(PARTITIONS_MAX);
  /** How often the session Redis has come back. When the number rises during a read, what was read may be outdated. */
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
    const { frontier, retainedFrom, watermark } = positions[partition]!;
    const job: PartitionJob = { store, partition, frontier, retainedFrom, readFrom, signal };
    await deriveDirty(job, await this.deriveNew(job, watermark, payload));
  }

  /**
   * Step 1. Adds a `detect-gaps` job when the store was set back (returned to an earlier state), and at a missing slot, unless `mayDetect`
   * is false.
   * @returns the new watermark
   */
  private async deriveNew(
    job: PartitionJob,
    oldWatermark: number,
    { sessionId, incarnation, mayDetect }: Payload<'aggregate'>,
  ): Promise<number> {
    const { store, frontier, retainedFrom } = job;
    const { layout } = store;
    const addDetection = () => this.parts.producer.add('detect-gaps', { sessionId, incarnation, force: false });
    let watermark = oldWatermark;
    for (const day of startedDays(job, layout.dayIndexAt(Math.max(watermark, retainedFrom)))) {
      const derivedTo = await this.deriveAndMove(job, day, watermark);
      if (derivedTo === 'store set back') {
        await addDetection();
        break;
      }
      watermark = Math.max(watermark, derivedTo);
      // A missing slot, or a symbol that changed meanwhile, holds the watermark back. The frontier of a feed may be inside a window, but
      // the watermark moves only to the ends of windows.
      const isHeldBack = derivedTo < Math.min(layout.windowEndBefore(frontier), layout.grid(day).close);
      if (!isHeldBack) continue;
      if (mayDetect) await addDetection();
      if (hasNoBarrier(store)) await this.deriveStored(job, day + 1);
      break;
    }
    return watermark;
  }

  /** Derives a day, and moves the watermark to where every symbol is derived. @returns this time, epoch ms */
  private async deriveAndMove(job: PartitionJob, day: number, watermark: number): Promise<number | 'store set back'> {
    const { store, partition, frontier, readFrom } = job;
    const { close, slotCount } = store.layout.grid(day);
    const { storeReturns } = this;
    const slots = await store.readDay(partition, day, store.layout.symbolsOf(partition));
    const derivedTo = await deriveDay({ store, partition, day }, slots, frontier);
    // A store that was set back may have lost the fills of slots that were read before.
    if (storeReturns !== this.storeReturns) return 'store set back';
    // When the watermark reaches a day's close, the day's counts are emitted with it.
    const closedDay = derivedTo === close ? { dayIndex: day, counts: countsBefore(slots, slotCount) } : undefined;
    const isMoved = await store.moveWatermark(partition, watermark, derivedTo, closedDay, readFrom);
    return isMoved ? derivedTo : 'store set back';
  }

  /**
   * Derives the stored bars of the days from `fromDay` on while an earlier day waits for a repository. Skips days that earlier runs fully
   * derived: when such a day is written to, {@link deriveDirty} derives it again.
   */
  private async deriveStored(job: PartitionJob, fromDay: number): Promise<void> {
    const { store, partition, frontier } = job;
    const { layout } = store;
    const { storeReturns } = this;
    const key = `${layout.incarnation} ${partition} ${layout.membership.version}`;
    const last = this.continueAt.get(key);
    const isStoreSetBack = last !== undefined && last.frontier > frontier;
    let next = last && !isStoreSetBack ? Math.max(fromDay, last.day) : fromDay;
    for (const day of startedDays(job, next)) {
      const slots = await store.readDay(partition, day, layout.symbolsOf(partition));
      await deriveDay({ store, partition, day }, slots, frontier);
      if (layout.grid(day).close <= frontier) next = day + 1;
    }
    if (storeReturns === this.storeReturns) this.continueAt.set(key, { day: next, frontier });
  }
}

/** The days from `first` on that open before the frontier, by index in the layout. @throws the signal's reason */
function* startedDays({ store: { layout }, frontier, signal }: PartitionJob, first: number): Generator<number> {
  for (let day = first; day < layout.days.length && layout.grid(day).open < frontier; day++) {
    signal?.throwIfAborted();
    yield day;
  }
}

/** Step 2: derives again the symbols and days that were written to after they were derived. */
async function deriveDirty(job: PartitionJob, watermark: number): Promise<void> {
  const { store, partition, frontier, retainedFrom, signal } = job;
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
