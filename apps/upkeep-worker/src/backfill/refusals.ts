/**
 * Quarantines the bars that repositories answered and that were refused. A bar that was refused before is not stored again, so
 * that it counts once, however often the repository answers it (I7).
 */
import { quarantine, quarantineTotals, type QuarantinedBar } from '@barkeep/bar-repository';
import { sourceName } from '@barkeep/bars';
import type { RefusedCount, SessionLayout } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';

/**
 * Stores refused bars of answers for one trading day.
 * @returns the totals of the symbols on that day, for the counts in the session store
 */
export async function quarantineRefused(
  dataSource: DataSource,
  layout: SessionLayout,
  date: string,
  refused: readonly QuarantinedBar[],
): Promise<RefusedCount[]> {
  // The stream quarantines and counts the rows of the source dataset.
  const source = sourceName(layout.spec);
  const rows = refused.filter(({ dataset }) => dataset !== source);
  if (rows.length === 0) return [];
  await quarantine(dataSource, layout.incarnation, rows, date);
  const datasets = layout.spec.backfill.filter((name) => name !== source);
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  return quarantineTotals(dataSource, layout.incarnation, datasets, symbols, date);
}

/** For each symbol what a repository answered instead of valid bars: the text for the `lastError` of its gaps. */
export function refusalTexts(refused: readonly QuarantinedBar[]): Map<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { symbol, dataset, reason } of refused) {
    const key = `${symbol} ${dataset}`;
    const reasons = counts.get(key) ?? new Map<string, number>();
    counts.set(key, reasons.set(reason, (reasons.get(reason) ?? 0) + 1));
  }
  const texts = new Map<string, string>();
  for (const [key, reasons] of counts) {
    const [symbol = '', dataset = ''] = key.split(' ');
    const bars = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    const list = [...reasons].map(([reason, count]) => `${reason} (${count})`).join(', ');
    const text = `${dataset} answered ${bars} ${bars === 1 ? 'bar that was' : 'bars that were'} refused: ${list}`;
    texts.set(symbol, texts.has(symbol) ? `${texts.get(symbol)}; ${text}` : text);
  }
  return texts;
}
