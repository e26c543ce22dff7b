/** The refused bars in the answers of repositories: keeps them in the quarantine for the user, and describes them in a text. */
import { quarantine, quarantineTotals, type QuarantinedBar } from '@barkeep/bar-repository';
import { sourceName } from '@barkeep/bars';
import type { RefusedCount, SessionLayout } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { Repositories } from './repositories.js';

/**
 * Quarantines the refused bars of one trading day. A bar counts once, however often the repository returns it (invariant I7 of
 * docs/ARCHITECTURE.md). @returns the day's totals per symbol, for the counts in the session store
 */
export async function quarantineRefused(
  dataSource: DataSource,
  layout: SessionLayout,
  date: string,
  refused: readonly QuarantinedBar[],
  repositories: Repositories,
): Promise<RefusedCount[]> {
  // The stream quarantines and counts the rows of the source dataset. A repository of the user's module may have the name of the source.
  const name = sourceName(layout.spec);
  const source = repositories.get(name)?.isOwn ? undefined : name;
  const rows = refused.filter(({ dataset }) => dataset !== source);
  if (rows.length === 0) return [];
  await quarantine(dataSource, layout.incarnation, rows, date);
  const datasets = layout.spec.backfill.filter((dataset) => dataset !== source);
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  return quarantineTotals(dataSource, layout.incarnation, datasets, symbols, date);
}

/**
 * A text for the `lastError` of a symbol's gaps; empty without refused bars. For example: `vendor answered 3 bars that were refused:
 * malformed (2), conflict (1)`
 */
export function refusalText(refused: readonly Pick<QuarantinedBar, 'dataset' | 'reason'>[]): string {
  const datasets = new Set(refused.map(({ dataset }) => dataset));
  const texts = [...datasets].map((dataset) => {
    const reasons = refused.filter((bar) => bar.dataset === dataset).map(({ reason }) => reason);
    const countOf = (reason: string) => reasons.filter((other) => other === reason).length;
    const list = [...new Set(reasons)].map((reason) => `${reason} (${countOf(reason)})`).join(', ');
    const bars = `${reasons.length} ${reasons.length === 1 ? 'bar that was' : 'bars that were'}`;
    return `${dataset} answered ${bars} refused: ${list}`;
  });
  return texts.join('; ');
}
