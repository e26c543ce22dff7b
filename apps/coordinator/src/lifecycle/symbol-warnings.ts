/** Warns of symbols of which no dataset of a session has a bar. Looks them up once in a while and keeps the answer. */
import { firstBars, resolveDataset, symbolIds, type SessionRow } from '@barkeep/bar-repository';
import { currentSymbols, sourceName, UNCHANGED, type SessionSpec } from '@barkeep/bars';
import type { DataSource } from 'typeorm';

const KEPT_MS = 30_000;
const SESSIONS_KEPT = 500;
/** Most symbols that are named. */
const NAMES_MAX = 20;

interface Kept {
  warnings: Promise<string[]>;
  until: number;
}

export class SymbolWarnings {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns none for a session that is fed, and while Postgres cannot answer */
  async of(row: SessionRow<SessionSpec>): Promise<string[]> {
    if (row.spec.source.type === 'feed') return [];
    const key = `${row.incarnation} ${(row.membership ?? UNCHANGED).version}`;
    const kept = this.kept.get(key);
    if (kept && performance.now() < kept.until) return kept.warnings;
    const warnings = this.lookUp(row).catch(() => []);
    this.kept.delete(key);
    this.kept.set(key, { warnings, until: performance.now() + KEPT_MS });
    const [oldest] = this.kept.keys();
    if (this.kept.size > SESSIONS_KEPT && oldest) this.kept.delete(oldest);
    return warnings;
  }

  private async lookUp({ spec, membership }: SessionRow<SessionSpec>): Promise<string[]> {
    const symbols = currentSymbols(spec.symbols, membership ?? UNCHANGED);
    const names = [...new Set([sourceName(spec), ...(spec.upkeep.enabled ? spec.backfill : [])])];
    const found = await Promise.all(names.map((name) => resolveDataset(this.dataSource, name)));
    const ids = await symbolIds(this.dataSource, symbols);
    const firsts = await firstBars(
      this.dataSource,
      found.filter((id) => id !== undefined),
      [...ids.values()],
    );
    const unknown = symbols.filter((symbol) => !firsts.has(ids.get(symbol) ?? -1));
    if (unknown.length === 0) return [];
    const named = unknown.slice(0, NAMES_MAX).join(', ') + (unknown.length > NAMES_MAX ? ' …' : '');
    return [`no dataset of the session has a bar of ${unknown.length === 1 ? 'symbol' : 'symbols'} ${named}`];
  }
}
