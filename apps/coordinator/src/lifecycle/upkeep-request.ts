/** Requests a round of upkeep for a session or a part of it, or shows what such a round would request. */
import type { UpkeepAnswer, UpkeepInput, UpkeepPlanAnswer } from '@barkeep/api';
import type { OpenSession, View } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import { refOf, type Row } from './session-row.js';

/**
 * @param view decides where a dry run stops counting: at the clock or at the frontier @throws UnknownSymbolError,
 *   SessionLostError
 */
export async function requestUpkeep(
  row: Row,
  session: OpenSession,
  producer: UpkeepProducer,
  { dryRun, symbols, from, to }: UpkeepInput,
  view: View,
): Promise<UpkeepAnswer | UpkeepPlanAnswer> {
  if (dryRun) return planOf(row, await session.emptySlots({ symbols, from, to, view }));
  if (symbols) await session.checkRead(symbols);
  const isWhole = symbols === undefined && from === undefined && to === undefined;
  const scope = isWhole ? undefined : { symbols, from, to };
  await producer.add('detect-gaps', { ...refOf(row), force: true, scope });
  return { id: row.id, requested: true };
}

function planOf({ id, spec }: Row, found: Awaited<ReturnType<OpenSession['emptySlots']>>): UpkeepPlanAnswer {
  const sum = (field: 'gaps' | 'slots') => found.reduce((total, symbol) => total + symbol[field], 0);
  const symbols = found.map((symbol) => ({ ...symbol, repositories: [...spec.backfill] }));
  return { id, requested: false, gaps: sum('gaps'), slots: sum('slots'), symbols };
}
