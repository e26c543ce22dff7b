/** Finds a session in the store and opens it for reading. */
import { calendarIds, decodeDays, parseSessionSpec, type SessionSpec } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { SessionCalendarError, SessionLostError } from '../errors.js';
import { partitionKeys, SessionLayout, type View } from '../layout/index.js';
import { OpenSession } from './open-session.js';

/**
 * Opens a session.
 * @param keyPrefix the prefix that the writers use (`BARKEEP_SESSION_PREFIX`)
 * @param view whether positions, counts and gaps end at the clock ('strategy') or at the frontier ('operator') @default 'strategy'
 * @throws SessionLostError when the session has no store; SessionCalendarError
 */
export async function openSession(
  redis: Redis,
  keyPrefix: string,
  id: string,
  { view = 'strategy' }: { view?: View } = {},
): Promise<OpenSession> {
  // The field `incarnation` is a stamp: the incarnation, then `+` and a version if the symbols changed.
  const fields = ['incarnation', 'spec', 'historyDays', 'days'];
  const [stamp, spec, historyDays, days] = await redis.hmget(partitionKeys(keyPrefix, id, 0).meta, ...fields);
  const incarnation = stamp?.split('+')[0];
  if (!incarnation || !spec) throw new SessionLostError(id);
  const layout = new SessionLayout({
    id,
    incarnation,
    spec: specOf(id, JSON.parse(spec)),
    keyPrefix,
    historyDays: Number(historyDays),
    keptDays: days ? decodeDays(days) : undefined,
  });
  const session = new OpenSession(redis, layout, view);
  await session.refresh(); // reads how the symbols have changed since the spec
  return session;
}

/** Parses a stored spec. @throws SessionCalendarError for a calendar that this process does not have */
function specOf(id: string, stored: unknown): SessionSpec {
  const calendar = typeof stored === 'object' && stored !== null && 'calendar' in stored ? stored.calendar : undefined;
  const known = calendarIds();
  if (typeof calendar === 'string' && !known.includes(calendar)) throw new SessionCalendarError(id, calendar, known);
  return parseSessionSpec(stored);
}
