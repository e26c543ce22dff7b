/** The row of a session in Postgres, the servers that hold its data, and the layout that the row describes. */
import { ACTIVE_STATES, type SessionRepository, type SessionRow, type SessionState } from '@barkeep/bar-repository';
import { DAY_MS, decodeDays, encodeDays, UNCHANGED, UnknownCalendarError, type SessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
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
  /** Logs an error of background work, where no caller waits for an answer. */
  warn: (message: string, error: unknown) => void;
}

/** The layout of a session, with the symbols of its row unless `membership` says otherwise. @throws UnknownCalendarError */
export function layoutOf(row: SessionRecord, keyPrefix: string, membership = row.membership ?? UNCHANGED) {
  const { id, incarnation, spec, historyDays, days } = row;
  const keptDays = days ? decodeDays(days) : undefined;
  return new SessionLayout({ id, incarnation, spec, keyPrefix, historyDays, membership, keptDays });
}

/**
 * The layout for the removal of a session, and whether it names all keys of the session. When the calendar is unknown and the row has no
 * days, the layout has one day only.
 */
export function removalOf(row: SessionRecord, keyPrefix: string): { layout: SessionLayout; isComplete: boolean } {
  try {
    return { layout: layoutOf(row, keyPrefix), isComplete: true };
  } catch (error) {
    if (!(error instanceof UnknownCalendarError)) throw error;
    const { start: date } = row.spec;
    const open = Date.parse(date);
    const days = encodeDays([{ date, segments: [{ open, close: open + DAY_MS }] }]);
    return { layout: layoutOf({ ...row, historyDays: 0, days }, keyPrefix), isComplete: false };
  }
}

/** Whether a session is to be streamed. */
export function isActive({ state }: Pick<SessionRecord, 'state'>): boolean {
  return (ACTIVE_STATES as readonly SessionState[]).includes(state);
}

/** The fields by which the payloads of jobs name a session. */
export function refOf({ id, incarnation }: Pick<SessionRecord, 'id' | 'incarnation'>): SessionRef {
  return { sessionId: id, incarnation };
}

/** The payload of a session's stream job. */
export function streamRefOf(row: SessionRecord): SessionRef & { run: number } {
  return { ...refOf(row), run: row.run };
}
