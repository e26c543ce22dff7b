/** The row of a session, the servers that hold the session, and what the row says about its store and its jobs. */
import { ACTIVE_STATES, type SessionRepository, type SessionRow, type SessionState } from '@barkeep/bar-repository';
import { decodeDays, encodeDays, UNCHANGED, UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import type { Queues, SessionRef, UpkeepProducer } from '@barkeep/upkeep-queues';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

export type Row = SessionRow<SessionSpec>;

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
export function layoutOf(row: Row, keyPrefix: string, membership = row.membership ?? UNCHANGED): SessionLayout {
  const { id, incarnation, spec, historyDays, days } = row;
  const kept = days ? decodeDays(days) : undefined;
  return new SessionLayout(id, incarnation, spec, keyPrefix, historyDays, membership, kept);
}

/**
 * The layout to remove a session with. When its calendar is unknown and its days were not kept, it has one day only, and all keys of
 * the store have to be scanned for those of the session.
 */
export function removalOf(row: Row, keyPrefix: string): { layout: SessionLayout; scans: boolean } {
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

export function isActive({ state }: Pick<Row, 'state'>): boolean {
  return (ACTIVE_STATES as readonly SessionState[]).includes(state);
}

export function refOf({ id, incarnation }: Pick<Row, 'id' | 'incarnation'>): SessionRef {
  return { sessionId: id, incarnation };
}

/** Adds the jobs of a session that runs: its stream, and its rounds of upkeep. */
export async function addJobs(producer: UpkeepProducer, row: Row): Promise<void> {
  await producer.add('stream', { ...refOf(row), run: row.run });
  await scheduleUpkeep(producer, row);
}

export async function scheduleUpkeep(producer: UpkeepProducer, row: Row): Promise<void> {
  const { enabled, everySeconds } = row.spec.upkeep;
  if (enabled) await producer.schedule(refOf(row), everySeconds * 1000);
}

/**
 * Requests a session's upkeep now instead of at its next round, if it has upkeep. If this fails, the session's scheduler
 * requests it later.
 * @param warn is called when the hint could not be queued
 */
export function hintUpkeep(producer: UpkeepProducer, layout: SessionLayout, warn?: Servers['warn']): void {
  if (!layout.spec.upkeep.enabled) return;
  producer
    .add('detect-gaps', { ...refOf(layout), force: false })
    .catch((error: unknown) => warn?.('the upkeep hint was not queued', error));
}
