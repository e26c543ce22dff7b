/**
 * Finds the gaps of a session and adds the jobs that repair them. Reads the bitmaps from each partition's watermark to its frontier, and
 * the days whose retries are due. Running it twice is harmless.
 */
import { firstMissing } from '@barkeep/bars';
import { emitGapsFound, type PartitionPosition, SessionLostError } from '@barkeep/session-data';
import type { SymbolDay, UpkeepStore } from '@barkeep/session-data';
import type { Payload, PayloadInput, UpkeepScope } from '@barkeep/upkeep-queues';
import { hasNoBarrier } from './derive-day.js';
import type { WorkParts } from './upkeep-sessions.js';

/**
 * A detection that found slots to request is followed by another one after this time, ms, because a backfill job that is just ending keeps
 * out a new job of the same id. Also, a retry that is due by the clock of one worker may not be due yet by that of another.
 */
const CHECK_AGAIN_MS = 5_000;

/** The work of the queue `detect-gaps`. */
export class GapDetector {
  constructor(private readonly parts: WorkParts) {}

  /** Runs one job. Removes the scheduler of a session that was deleted, was stopped, has failed, or has nothing left to repair. */
  async run(payload: Payload<'detect-gaps'>, signal?: AbortSignal): Promise<void> {
    try {
      const isDone = await this.parts.sessions.with(payload, (store) => this.detect(store, payload, signal));
      if (isDone) await this.parts.producer.unschedule(payload.incarnation);
    } catch (error) {
      if (!(error instanceof SessionLostError)) throw error;
      await this.parts.producer.unschedule(payload.incarnation);
    }
  }

  /** @returns true when the session was stopped or has failed, or is at its end with nothing left to repair @throws SessionLostError */
  private async detect(
    store: UpkeepStore,
    { sessionId, incarnation, force, scope }: Payload<'detect-gaps'>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const session = { sessionId, incarnation };
    const foundAt = this.parts.now();
    const backfills: PayloadInput<'backfill'>[] = [];
    const aggregates: PayloadInput<'aggregate'>[] = [];
    const [nextRetry, positions] = await Promise.all([store.nextRetry(), store.positions()]);
    // A detection with a scope does not look at the whole session, so it cannot tell whether the session is at its end.
    let isAtEnd = scope === undefined && nextRetry === undefined;
    for (const [partition, position] of positions.entries()) {
      signal?.throwIfAborted();
      // Undefined when the scope names no symbols: then all symbols of the partition are meant.
      const symbols = scope?.symbols?.filter((symbol) => store.layout.partitionOf(symbol) === partition);
      if (symbols?.length === 0) continue;
      const dates = await this.datesToAsk(store, partition, position, force, { ...scope, symbols });
      backfills.push(...dates.map((date) => ({ ...session, partition, date, force, symbols, foundAt })));
      if (scope) continue;
      const { frontier, watermark } = position;
      const isBehind = watermark < frontier || (await store.dirty(partition)).length > 0;
      const hasNoGaps = dates.length === 0;
      // With barriers, a partition with gaps is derived when its backfill jobs have ended; without, now.
      if (isBehind && (hasNoGaps || hasNoBarrier(store))) {
        // The job may request a new detection only if there are no gaps: otherwise the backfill jobs come first.
        aggregates.push({ ...session, partition, mayDetect: hasNoGaps });
      }
      isAtEnd &&= watermark >= store.layout.end && !isBehind;
    }
    await this.parts.producer.addBackfills(backfills);
    await this.parts.producer.addAll('aggregate', aggregates);
    if (backfills.length > 0 || nextRetry !== undefined) {
      const againAt = Math.max(nextRetry ?? 0, this.parts.now() + CHECK_AGAIN_MS);
      await this.parts.producer.detectAgain(session, againAt);
    }
    // A stopped or failed session may have a schedule that a reconciler has just added. Read last, because a call may start it meanwhile.
    return (isAtEnd && backfills.length === 0) || store.isStopped();
  }

  /** Dates with missing slots before the frontier, or with due retries. With `force`: with any empty slot before the frontier. */
  private async datesToAsk(
    store: UpkeepStore,
    partition: number,
    { frontier, watermark, retainedFrom }: PartitionPosition,
    force: boolean,
    scope: UpkeepScope,
  ): Promise<string[]> {
    const { layout } = store;
    const dueDates = (await store.dueRetries(partition, this.parts.now())).map(({ date }) => date);
    const isRetained = (date: string) => (layout.dayIndexOf(date) ?? -1) >= layout.firstKept(retainedFrom);
    const dates = new Set(dueDates.filter((date) => isRetained(date) && isWithin(date, scope)));
    const from = Math.max(retainedFrom, force ? layout.start : watermark);
    for (let day = layout.dayIndexAt(from); day < layout.days.length; day++) {
      const grid = layout.grid(day);
      if (grid.open >= frontier) break;
      if (!isWithin(grid.date, scope)) continue;
      const closedSlots = grid.closedBy(frontier);
      const symbolDays = await store.readDay(partition, day, scope.symbols ?? layout.symbolsOf(partition));
      // A forced detection ignores the states: every empty slot counts, also a settled one.
      const hasGap = ({ bitmap, states }: SymbolDay) =>
        firstMissing(bitmap, force ? undefined : states, closedSlots) < closedSlots;
      if (!symbolDays.some(hasGap)) continue;
      dates.add(grid.date);
      this.parts.figures.found(await emitGapsFound(store, { partition, day, closed: closedSlots }, symbolDays));
    }
    return [...dates].sort();
  }
}

/** Whether a date is within a scope. The scope includes both of its ends; a missing end is no limit. */
function isWithin(date: string, { from, to }: UpkeepScope): boolean {
  return (from === undefined || from <= date) && (to === undefined || date <= to);
}
