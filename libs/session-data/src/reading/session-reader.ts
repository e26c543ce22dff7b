/**
 * Finds sessions in the store and opens them for reading. The spec is read once, when a session is opened. The incarnation
 * shows when a session was deleted and created again under the same id.
 */
import { calendarIds, decodeDays, parseSessionSpec, UNCHANGED, type SessionSpec } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { partitionKeys, SessionCalendarError, SessionLayout, SessionLostError, type View } from '../layout/index.js';
import { OpenSession } from './open-session.js';

export class SessionReader {
  /** @param keyPrefix the prefix that the writers use (`BARKEEP_SESSION_PREFIX`) */
  constructor(
    private readonly redis: Redis,
    private readonly keyPrefix: string,
  ) {}

  /**
   * Opens a session, with the symbols that it has now.
   * @param view the view of the answers @default 'strategy'
   * @throws SessionLostError when the session has no store; SessionCalendarError
   */
  async open(sessionId: string, { view = 'strategy' }: { view?: View } = {}): Promise<OpenSession> {
    const { meta } = partitionKeys(this.keyPrefix, sessionId, 0);
    const fields = ['incarnation', 'spec', 'historyDays', 'days'];
    const [stamp, spec, historyDays, days] = await this.redis.hmget(meta, ...fields);
    const incarnation = stamp?.split('+')[0];
    if (!incarnation || !spec) throw new SessionLostError(sessionId);
    const parsed = specOf(sessionId, JSON.parse(spec));
    const layout = new SessionLayout(
      sessionId,
      incarnation,
      parsed,
      this.keyPrefix,
      Number(historyDays),
      UNCHANGED,
      days ? decodeDays(days) : undefined,
    );
    const session = new OpenSession(this.redis, layout, view);
    await session.refresh();
    return session;
  }
}

/** Parses a stored spec. @throws SessionCalendarError for a calendar that this process does not have */
function specOf(sessionId: string, stored: unknown): SessionSpec {
  const calendar = typeof stored === 'object' && stored !== null && 'calendar' in stored ? stored.calendar : undefined;
  const known = calendarIds();
  if (typeof calendar === 'string' && !known.includes(calendar)) {
    throw new SessionCalendarError(sessionId, calendar, known);
  }
  return parseSessionSpec(stored);
}
