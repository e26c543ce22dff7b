/** The row of a session, the servers that hold the session, and what the row says about its store and its jobs. */
import type { UpkeepAnswer, UpkeepInput, UpkeepPlanAnswer } from '@barkeep/api';
import { ACTIVE_STATES, type SessionRepository, type SessionRow, type SessionState } from '@barkeep/bar-repository';
import { decodeDays, encodeDays, UNCHANGED, UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import { SessionLayout, type OpenSession, type View } from '@barkeep/session-data';
import type { Queues, SessionRef, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

export type SessionRecord = SessionRow<SessionSpec>;

export interface Servers {
  keyPrefix: string;
  dataSource: DataSource;
  /** The session Redis. */
  redis: Redis;
  queueRedis: Redis;
  queues: Queues;
  /** BullMQ's key prefix. */
  queuePrefix: string;
  producer: UpkeepProducer;
  sessions: SessionRepository<SessionSpec>;
  /** Logs what failed in the background, where no caller waits for an answer. */
  warn: (message: string, error: unknown) => void;
}

const DAY_MS = 86_400_000;

/** The layout of a row's session, with its current symbols. @throws UnknownCalendarError */
export function layoutOf(
  row: SessionRecord,
  keyPrefix: string,
  membership = row.membership ?? UNCHANGED,
): SessionLayout {
  const { id, incarnation, spec, historyDays, days } = row;
  const kept = days ? decodeDays(days) : undefined;
  return new SessionLayout(id, incarnation, spec, keyPrefix, historyDays, membership, kept);
}

/**
 * The layout to remove a session with. When its calendar is unknown and its days were not kept, it has one day only, and all keys of
 * the store have to be scanned for those of the session.
 */
export function removalOf(row: SessionRecord, keyPrefix: string): { layout: SessionLayout; scans: boolean } {
  try {
    return { layout: layoutOf(row, keyPrefix), scans: false };
  } catch (error) {
    if (!(error instanceof UnknownCalendarError)) throw error;
    const { start: date } = row.spec;
    const open = Date.parse(date);
    const days = encodeDays([{ date, segments: [{ open, close: open + DAY_MS }] }]);
    return { layout: layoutOf({ ...row, historyDays: 0, days }, keyPrefix), scans: true };
  }
}

export function isActive({ state }: Pick<SessionRecord, 'state'>): boolean {
  return (ACTIVE_STATES as readonly SessionState[]).includes(state);
}

export function refOf({ id, incarnation }: Pick<SessionRecord, 'id' | 'incarnation'>): SessionRef {
  return { sessionId: id, incarnation };
}

/** Adds the jobs of a session that runs: its stream, and its rounds of upkeep. */
export async function addJobs(producer: UpkeepProducer, row: SessionRecord): Promise<void> {
  await producer.add('stream', { ...refOf(row), run: row.run });
  await scheduleUpkeep(producer, row);
}

export async function scheduleUpkeep(producer: UpkeepProducer, row: SessionRecord): Promise<void> {
  const { enabled, everySeconds } = row.spec.upkeep;
  if (enabled) await producer.schedule(refOf(row), everySeconds * 1000);
}

interface Hint {
  layout: SessionLayout;
  producer: UpkeepProducer;
  /** Called when the hint could not be queued. */
  warn?: Servers['warn'];
}

/**
 * Requests a session's upkeep now instead of at its next round, if it has upkeep. If this fails, the session's scheduler
 * requests it later.
 */
export function hintUpkeep({ layout, producer, warn }: Hint): void {
  if (!layout.spec.upkeep.enabled) return;
  producer
    .add('detect-gaps', { ...refOf(layout), force: false })
    .catch((error: unknown) => warn?.('the upkeep hint was not queued', error));
}

/**
 * Requests a round of upkeep for a session or a part of it, or shows what such a round would request.
 * @param view decides where a dry run stops counting: at the clock or at the frontier @throws UnknownSymbolError,
 *   SessionLostError
 */
export async function requestUpkeep(
  row: SessionRecord,
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

function planOf({ id, spec }: SessionRecord, found: Awaited<ReturnType<OpenSession['emptySlots']>>): UpkeepPlanAnswer {
  const sum = (field: 'gaps' | 'slots') => found.reduce((total, symbol) => total + symbol[field], 0);
  const symbols = found.map((symbol) => ({ ...symbol, repositories: [...spec.backfill] }));
  return { id, requested: false, gaps: sum('gaps'), slots: sum('slots'), symbols };
}
