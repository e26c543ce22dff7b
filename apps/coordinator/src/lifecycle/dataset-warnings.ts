/**
 * Warns of probable mistakes, by queries of a session's datasets: of symbols that no dataset has, and of datasets with longer bars than the
 * base interval.
 */
import { firstBars, storedInterval, symbolIds } from '@barkeep/bar-repository';
import { currentSymbols, MINUTE_MS, parseInterval, UNCHANGED, unknownSymbolsWarning } from '@barkeep/bars';
import { RecentMap } from '@barkeep/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { datasetIdsOf } from './history-days.js';
import type { SessionRecord } from './session-row.js';
import { Turns } from './turns.js';

/** The warnings of a session are kept this long. */
const KEPT_MS = 30_000;
/** A caller waits at most this long for a look-up. */
const WAIT_MS = 500;
/** Most sessions whose warnings are kept: those that were asked for last. */
const SESSIONS_KEPT = 500;

interface KeptWarnings {
  warnings: string[];
  /** The look-up in progress. */
  lookUp: Promise<void> | undefined;
  /** When the warnings get too old, in `performance.now()` time. */
  until: number;
}

/**
 * Looks up one session at a time, and keeps its warnings for a while. A caller waits only a moment: after that, for example while a table
 * is locked, it gets the previous warnings.
 */
export class DatasetWarnings {
  /** By session and version of its symbols. */
  private readonly kept = new RecentMap<KeptWarnings>(SESSIONS_KEPT);
  private readonly turns = new Turns(1);

  constructor(private readonly dataSource: DataSource) {}

  /** The warnings of a session: none until its first look-up has ended. */
  async of(row: SessionRecord): Promise<string[]> {
    const key = `${row.incarnation} ${(row.membership ?? UNCHANGED).version}`;
    const kept: KeptWarnings = this.kept.get(key) ?? { warnings: [], lookUp: undefined, until: 0 };
    this.kept.set(key, kept);
    if (performance.now() >= kept.until) kept.lookUp ??= this.turns.run(() => this.refresh(row, kept));
    if (kept.lookUp) await Promise.race([kept.lookUp, sleep(WAIT_MS, undefined, { ref: false })]);
    return kept.warnings;
  }

  /** Looks the warnings up; keeps the previous ones when Postgres cannot answer. */
  private async refresh(row: SessionRecord, kept: KeptWarnings): Promise<void> {
    kept.warnings = await this.warningsOf(row).catch(() => kept.warnings);
    kept.until = performance.now() + KEPT_MS;
    kept.lookUp = undefined;
  }

  private async warningsOf({ spec, membership }: SessionRecord): Promise<string[]> {
    const symbols = currentSymbols(spec.symbols, membership ?? UNCHANGED);
    const datasetIds = await datasetIdsOf(this.dataSource, spec);
    const ids = await symbolIds(this.dataSource, symbols);
    const spacings = await this.spacingWarnings(spec.baseInterval, datasetIds, [...ids.values()]);
    if (spec.source.type === 'feed') return spacings; // no dataset needs to have its symbols
    const firsts = await firstBars(this.dataSource, [...datasetIds.values()], [...ids.values()]);
    const unknown = symbols.filter((symbol) => !firsts.has(ids.get(symbol) ?? -1));
    return unknown.length === 0 ? spacings : [unknownSymbolsWarning(unknown), ...spacings];
  }

  /** Readers see a bar that is longer than a slot when its first slot ends, before its real close. */
  private async spacingWarnings(baseInterval: string, datasetIds: ReadonlyMap<string, number>, ids: readonly number[]) {
    const warnings: string[] = [];
    for (const [name, datasetId] of datasetIds) {
      const { ms } = await storedInterval(this.dataSource, datasetId, ids);
      if (ms <= parseInterval(baseInterval).ms) continue;
      const spacing = `bars of dataset ${name} are ${ms / MINUTE_MS} minutes apart, but a slot has ${baseInterval}`;
      warnings.push(`${spacing}; is the base interval right?`);
    }
    return warnings;
  }
}
