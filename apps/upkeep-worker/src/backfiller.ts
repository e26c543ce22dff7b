/**
 * Fills the gaps of one partition on one trading day: reads what is missing, asks the datasets best first, writes what
 * they have into empty slots and notes what they have not. A repository that fails makes the job fail, and the queue
 * tries again: what a worse dataset has must not take the place of what the better one may still give (I1).
 */
import { completeSymbols, type BarAnswer, type BarSource } from '@barkeep/bar-repository';
import {
  fewestAsks,
  planFill,
  retryAt,
  slotsToAsk,
  type DatasetAnswer,
  type DayGrid,
  type FillPlan,
  type SlotRange,
} from '@barkeep/bars';
import type { SymbolDay, SymbolFill, UpkeepStore } from '@barkeep/session-data';
import type { Payload, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { DataSource } from 'typeorm';
import type { Repositories } from './repositories.js';
import type { UpkeepSessions } from './upkeep-sessions.js';

interface Ask extends SymbolDay {
  asked: SlotRange[];
}

/** Rounds in which symbols that changed while they were filled are read again. */
const ROUNDS_MAX = 5;

export interface BackfillSettings {
  backoffMs: number;
  repositoryTimeoutMs: number;
}

export class Backfiller {
  constructor(
    private readonly sessions: UpkeepSessions,
    private readonly repositories: Repositories,
    private readonly dataSource: DataSource,
    private readonly producer: UpkeepProducer,
    private readonly settings: BackfillSettings,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws SessionLostError, and what a repository throws */
  async run(payload: Payload<'backfill'>, signal?: AbortSignal): Promise<void> {
    await this.sessions.with(payload, (store) => this.fill(store, payload, signal));
  }

  private async fill(store: UpkeepStore, payload: Payload<'backfill'>, signal?: AbortSignal): Promise<void> {
    const { sessionId, incarnation, partition, date } = payload;
    const day = store.layout.dayIndexOf(date);
    if (day === undefined || store.layout.symbolsOf(partition).length === 0) return;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const asks = await this.asks(store, day, payload);
      if (asks.length === 0) break;
      const skipped = new Map<string, number>();
      const fills = await this.fillsFor(store, partition, day, asks, skipped, signal);
      const refused = await store.fill(partition, day, fills, skipped);
      if (refused.size === 0) break;
    }
    await this.producer.add('aggregate', { sessionId, incarnation, partition });
    // What the store says, not what this job did: one that died after its writes has not made the job for its retries.
    const nextRetry = await store.nextRetry();
    if (nextRetry !== undefined) {
      const soonest = this.now() + this.settings.backoffMs;
      await this.producer.detectAt({ sessionId, incarnation }, Math.max(nextRetry, soonest));
    }
  }

  private async asks(store: UpkeepStore, day: number, { partition, date, force }: Payload<'backfill'>): Promise<Ask[]> {
    // Sent together and answered in this order: what is missing before a frontier is never older than the frontier.
    const [positions, retries, symbols] = await Promise.all([
      store.positions(),
      store.dueRetries(partition, this.now()),
      store.readDay(partition, day, store.layout.symbolsOf(partition)),
    ]);
    const { frontier = 0, retainedFrom = 0 } = positions[partition] ?? {};
    const { open } = store.layout.grid(day);
    if (open < retainedFrom) return [];
    const closed = store.layout.grid(day).closedBy(frontier);
    const due = new Set(retries.filter((retry) => retry.date === date).map(({ symbol }) => symbol));
    // The stream may have gone on since the detection: what is asked for now was found now.
    await store.events.gapsFound(partition, day, closed, symbols);
    return symbols.flatMap((symbolDay) => {
      const mode = force ? 'all' : due.has(symbolDay.symbol) ? 'due' : 'missing';
      const asked = slotsToAsk(symbolDay.bitmap, symbolDay.states, closed, mode);
      return asked.length > 0 ? [{ ...symbolDay, asked }] : [];
    });
  }

  private async fillsFor(
    store: UpkeepStore,
    partition: number,
    day: number,
    asks: readonly Ask[],
    skipped: Map<string, number>,
    signal?: AbortSignal,
  ): Promise<SymbolFill[]> {
    const { layout } = store;
    const grid = layout.grid(day);
    const { retryMissingBars, maxRetries } = layout.spec.upkeep;
    const symbols = asks.map(({ symbol }) => symbol);
    try {
      const { answers, open } = await this.answers(store, grid, asks, skipped, signal);
      const complete = await this.completeOf(store, grid, open, answers, signal);
      return asks.map(({ symbol, bitmap, states, asked }) => {
        const plan = planFill({
          grid,
          bitmap,
          states,
          asked,
          answers: answers.get(symbol) ?? [],
          complete: complete.has(symbol),
          asksToSettle: retryMissingBars ? maxRetries : 1,
        });
        addCounts(skipped, plan.refused);
        return { symbol, before: states, after: plan.after, runs: plan.runs, dueAt: this.dueAt(plan) };
      });
    } catch (error) {
      if (!signal?.aborted) await store.noteError(partition, grid.date, symbols, (error as Error).message);
      throw error;
    }
  }

  /**
   * Symbols of which the day is declared complete, among those that still lack bars. They are asked for again: a bar that came
   * with the declaration, after the first answer, would otherwise count as one that never was. Most gaps are filled and need no look.
   */
  private async completeOf(
    store: UpkeepStore,
    grid: DayGrid,
    open: readonly Ask[],
    answers: Map<string, DatasetAnswer[]>,
    signal?: AbortSignal,
  ): Promise<Set<string>> {
    if (open.length === 0) return new Set();
    const symbols = open.map(({ symbol }) => symbol);
    // A feed is no dataset: another of its name says nothing about it.
    const { spec, datasets } = store.layout;
    const declared = spec.source.type === 'feed' ? spec.backfill : datasets;
    const complete = await completeSymbols(this.dataSource, declared, symbols, grid.date);
    const asks = open.filter(({ symbol }) => complete.has(symbol));
    // What is refused was counted the first time.
    const again = await this.answers(store, grid, asks, new Map(), signal);
    for (const [symbol, answer] of again.answers) answers.set(symbol, answer);
    return complete;
  }

  /**
   * Asks the datasets in order, each only for the symbols that still lack bars after the better ones.
   * @returns the answers, and the symbols that lack bars after all of them
   */
  private async answers(
    store: UpkeepStore,
    grid: DayGrid,
    asks: readonly Ask[],
    skipped: Map<string, number>,
    signal?: AbortSignal,
  ): Promise<{ answers: Map<string, DatasetAnswer[]>; open: readonly Ask[] }> {
    const { layout } = store;
    const answers = new Map<string, DatasetAnswer[]>(asks.map(({ symbol }) => [symbol, []]));
    let open = asks;
    for (const name of layout.spec.backfill) {
      if (open.length === 0) break;
      const source = this.repositories.source(name);
      if (!source) continue;
      const answer = await this.ask(source, grid, open, signal);
      addCounts(skipped, answer.skipped);
      const dataset = layout.datasets.indexOf(name);
      for (const { symbol } of open) answers.get(symbol)?.push({ dataset, bars: answer.bars.get(symbol) ?? [] });
      open = open.filter(({ symbol, asked }) => !covers(grid, asked, answers.get(symbol) ?? []));
    }
    return { answers, open };
  }

  private async ask(source: BarSource, grid: DayGrid, asks: readonly Ask[], signal?: AbortSignal): Promise<BarAnswer> {
    const timeout = AbortSignal.timeout(this.settings.repositoryTimeoutMs);
    const wanted = new Map(
      asks.map(({ symbol, asked }) => [
        symbol,
        asked.map(({ start, end }) => ({ from: grid.openTime(start), to: grid.closeTime(end - 1) })),
      ]),
    );
    const ranges = [...wanted.values()].flat();
    return source.bars(
      {
        symbols: [...wanted.keys()],
        from: ranges.reduce((least, { from }) => Math.min(least, from), Infinity),
        to: ranges.reduce((most, { to }) => Math.max(most, to), -Infinity),
        wanted,
        intervalMs: grid.interval.ms,
        interval: grid.interval.name,
      },
      signal ? AbortSignal.any([signal, timeout]) : timeout,
    );
  }

  private dueAt({ after, absent }: FillPlan): number | undefined {
    return absent > 0 ? retryAt(this.now(), fewestAsks(after), this.settings.backoffMs) : undefined;
  }
}

function addCounts(sum: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [reason, count] of counts) sum.set(reason, (sum.get(reason) ?? 0) + count);
}

/** True when the answers have a bar for every asked slot. */
function covers(grid: DayGrid, asked: readonly SlotRange[], answers: readonly DatasetAnswer[]): boolean {
  const slots = new Set(answers.flatMap(({ bars }) => bars.map((bar) => grid.slotAt(bar.openTime))));
  return asked.every(({ start, end }) => {
    for (let slot = start; slot < end; slot++) if (!slots.has(slot)) return false;
    return true;
  });
}
