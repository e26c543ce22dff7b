/**
 * Warns of symbols without a bar in any dataset of a session. Looks them up from time to time, one session after another,
 * and keeps the answer. A caller waits only a moment: while a table is locked, it gets the previous answer.
 */
import { firstBars, symbolIds } from '@barkeep/bar-repository';
import { currentSymbols, UNCHANGED, unknownSymbolsWarning } from '@barkeep/bars';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { datasetIdsOf } from './history-days.js';
import type { SessionRecord } from './session-row.js';

const KEPT_MS = 30_000;
/** Longest that a caller waits for a look-up. */
const WAIT_MS = 500;
const SESSIONS_KEPT = 500;

interface Kept {
  /** Of the last look-up that ended. */
  warnings: string[];
  /** The look-up that runs. */
  pending: Promise<void> | undefined;
  /** When the answer is too old. */
  until: number;
}

export class SymbolWarnings {
  private readonly kept = new Map<string, Kept>();
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns none for a session that is fed, and while the first look-up has no answer */
  async of(row: SessionRecord): Promise<string[]> {
    if (row.spec.source.type === 'feed') return [];
    const kept = this.keptOf(`${row.incarnation} ${(row.membership ?? UNCHANGED).version}`);
    if (performance.now() >= kept.until) kept.pending ??= this.refresh(row, kept);
    if (kept.pending) await Promise.race([kept.pending, sleep(WAIT_MS, undefined, { ref: false })]);
    return kept.warnings;
  }

  private keptOf(key: string): Kept {
    const kept = this.kept.get(key) ?? { warnings: [], pending: undefined, until: 0 };
    this.kept.delete(key);
    this.kept.set(key, kept);
    const [oldest] = this.kept.keys();
    if (this.kept.size > SESSIONS_KEPT && oldest) this.kept.delete(oldest);
    return kept;
  }

  /** Keeps the previous warnings when Postgres cannot answer. */
  private refresh(row: SessionRecord, kept: Kept): Promise<void> {
    const refreshed = this.turn.then(async () => {
      kept.warnings = await this.lookUp(row).catch(() => kept.warnings);
      kept.until = performance.now() + KEPT_MS;
      kept.pending = undefined;
    });
    this.turn = refreshed;
    return refreshed;
  }

  private async lookUp({ spec, membership }: SessionRecord): Promise<string[]> {
    const symbols = currentSymbols(spec.symbols, membership ?? UNCHANGED);
    const datasetIds = await datasetIdsOf(this.dataSource, spec);
    const ids = await symbolIds(this.dataSource, symbols);
    const firsts = await firstBars(this.dataSource, datasetIds, [...ids.values()]);
    const unknown = symbols.filter((symbol) => !firsts.has(ids.get(symbol) ?? -1));
    return unknown.length === 0 ? [] : [unknownSymbolsWarning(unknown)];
  }
}
