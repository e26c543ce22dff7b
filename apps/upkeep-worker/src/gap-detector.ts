/**
 * Finds what a session lacks and has it repaired: reads bitmaps from each partition's watermark to its frontier, and
 * what is due to be asked for again, and adds the jobs. Fetches and writes no bars; running it twice is harmless.
 */
import { firstMissing } from '@barkeep/bars';
import type { UpkeepStore } from '@barkeep/session-data';
import type { Payload, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { UpkeepSessions } from './upkeep-sessions.js';

export class GapDetector {
  constructor(
    private readonly sessions: UpkeepSessions,
    private readonly producer: UpkeepProducer,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws SessionLostError */
  async run({ sessionId, incarnation, force }: Payload<'detect-gaps'>, signal?: AbortSignal): Promise<void> {
    const session = { sessionId, incarnation };
    const store = await this.sessions.store(session);
    const positions = await store.positions();
    const backfills: Payload<'backfill'>[] = [];
    const aggregates: Payload<'aggregate'>[] = [];
    for (const [partition, { frontier, watermark }] of positions.entries()) {
      signal?.throwIfAborted();
      const from = force ? store.layout.start : watermark;
      const dates = await this.datesToAsk(store, partition, from, frontier, force);
      backfills.push(...dates.map((date) => ({ ...session, partition, date, force })));
      const isBehind = watermark < frontier || (await store.dirty(partition)).length > 0;
      if (dates.length === 0 && isBehind) aggregates.push({ ...session, partition });
    }
    await this.producer.addBackfills(backfills);
    await this.producer.addAll('aggregate', aggregates);
  }

  /** Dates with slots to be asked for: missing ones of days between `from` and the frontier, due ones of any day. */
  private async datesToAsk(
    store: UpkeepStore,
    partition: number,
    from: number,
    frontier: number,
    force: boolean,
  ): Promise<string[]> {
    const { layout } = store;
    const dates = new Set((await store.dueRetries(partition, this.now())).map(({ date }) => date));
    for (let day = layout.dayIndexAt(from); day < layout.days.length && layout.grid(day).open < frontier; day++) {
      const grid = layout.grid(day);
      const closed = grid.closedBy(frontier);
      const symbols = await store.readDay(partition, day, layout.symbolsOf(partition));
      const lacks = symbols.some(
        ({ bitmap, states }) => firstMissing(bitmap, force ? undefined : states, closed) < closed,
      );
      if (lacks) dates.add(grid.date);
    }
    return [...dates].sort();
  }
}
