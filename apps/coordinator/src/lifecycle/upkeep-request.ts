/** Adds the jobs of a session, for its stream and its upkeep, and shows what a round of upkeep would request. */
import type { UpkeepAnswer, UpkeepInput, UpkeepPlanAnswer } from '@barkeep/api';
import type { OpenSession, SessionLayout, View } from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import { refOf, streamRefOf, type Servers, type SessionRecord } from './session-row.js';

/** Adds the jobs of a running session: its stream, and its rounds of upkeep. */
export async function addJobs(producer: UpkeepProducer, row: SessionRecord): Promise<void> {
  await producer.add('stream', streamRefOf(row));
  await scheduleUpkeep(producer, row);
}

/** Schedules the rounds of upkeep of a session whose upkeep is enabled. */
export async function scheduleUpkeep(producer: UpkeepProducer, row: SessionRecord): Promise<void> {
  const { enabled, everySeconds } = row.spec.upkeep;
  if (enabled) await producer.schedule(refOf(row), everySeconds * 1000);
}

/** A request that may be lost. */
interface Hint {
  /** What a hint needs of a session's layout; its row has these fields, too. */
  layout: Pick<SessionLayout, 'id' | 'incarnation' | 'spec'>;
  producer: UpkeepProducer;
  /** Logs that a hint could not be queued; without it the hint is lost silently. */
  warn?: Servers['warn'];
}

/**
 * Requests a round of upkeep now, if the session has upkeep. If the request is lost, the session's scheduler makes one later. Without
 * `force` the round requests only slots whose next attempt is due.
 */
export function hintUpkeep({ layout, producer, warn }: Hint): void {
  if (!layout.spec.upkeep.enabled) return;
  producer
    .add('detect-gaps', { ...refOf(layout), force: false })
    .catch((error: unknown) => warn?.('the upkeep hint was not queued', error));
}

/**
 * Requests a round of upkeep for a session or a part of it; a dry run only shows what such a round would request.
 * @param view how far a dry run counts: up to the clock for a strategy, up to the frontier for an operator
 * @throws UnknownSymbolError, SessionLostError
 */
export async function requestUpkeep(
  row: SessionRecord,
  session: OpenSession,
  producer: UpkeepProducer,
  { dryRun, symbols, from, to }: UpkeepInput,
  view: View,
): Promise<UpkeepAnswer | UpkeepPlanAnswer> {
  if (dryRun) return planOf(row, await session.emptySlots({ symbols, from, to, view }));
  await session.checkRead(symbols);
  const coversSession = symbols === undefined && from === undefined && to === undefined;
  const scope = coversSession ? undefined : { symbols, from, to };
  await producer.add('detect-gaps', { ...refOf(row), force: true, scope });
  return { id: row.id, requested: true };
}

function planOf({ id, spec }: SessionRecord, found: Awaited<ReturnType<OpenSession['emptySlots']>>): UpkeepPlanAnswer {
  const sum = (field: 'gaps' | 'slots') => found.reduce((total, symbol) => total + symbol[field], 0);
  const symbols = found.map((symbol) => ({ ...symbol, repositories: [...spec.backfill] }));
  return { id, requested: false, gaps: sum('gaps'), slots: sum('slots'), symbols };
}
