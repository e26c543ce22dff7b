/**
 * Reads the events of sessions for any number of listeners in this process: listeners at the same cursor share one read, and no
 * listener holds a Redis connection while there are no new events. A read also tells when the session was deleted.
 */
import type { SessionState } from '@barkeep/bars';
import * as store from '@barkeep/session-data';
import type { SessionRecord, Servers } from './session-row.js';

/** The result of a read: a batch of events, or the session's state when it has no store. */
type EventRead = store.EventBatch | { noStore: SessionState | 'deleted' };

export type EventReader = ReturnType<EventReaders['readerOf']>;

/** Most entries of one read, in all partitions together: bounds the memory of a listener that catches up. */
const ENTRIES_A_READ = 1_000;
/** Each partition may return at least this many entries per read. */
const ENTRIES_OF_PARTITION_MIN = 20;

export class EventReaders {
  /** The reads in progress, by session, view and cursor. */
  private readonly reads = new Map<string, Promise<EventRead>>();

  constructor(
    private readonly servers: Pick<Servers, 'redis' | 'sessions'>,
    private readonly open: (row: SessionRecord) => store.OpenSession,
  ) {}

  /** The events of one session until it is deleted; a session that is created again under its id has other events. */
  readerOf(row: SessionRecord, view: store.View) {
    const events = () => new store.SessionEvents(this.servers.redis, this.open(row), view);
    return {
      /** The view, which decides what events show; a cursor is valid in one view only. */
      view,
      /** The cursor before the oldest event (`beginning`), or after the newest one (`now`). */
      begin: async (from: 'beginning' | 'now'): Promise<store.EventCursor> => {
        if (from === 'beginning') return store.EVENTS_BEGINNING;
        return events()
          .now()
          .catch((error: unknown) => {
            // The session has no store yet, so all of its events are still to come.
            if (error instanceof store.SessionLostError) return store.EVENTS_BEGINNING;
            throw error;
          });
      },
      /** The events after a cursor; returns at once when there are none. */
      read: (cursor: store.EventCursor): Promise<EventRead> => {
        const key = `${row.incarnation} ${store.encodeCursor(cursor, view)}`;
        const read = this.reads.get(key) ?? this.read(row, events(), cursor).finally(() => this.reads.delete(key));
        this.reads.set(key, read);
        return read;
      },
    };
  }

  private async read(row: SessionRecord, events: store.SessionEvents, cursor: store.EventCursor): Promise<EventRead> {
    const { partitions } = this.open(row).layout;
    const limit = Math.max(ENTRIES_OF_PARTITION_MIN, Math.floor(ENTRIES_A_READ / partitions));
    try {
      return await events.read(cursor, { limit });
    } catch (error) {
      if (!(error instanceof store.SessionLostError)) throw error;
      return { noStore: (await this.servers.sessions.stateOf(row)) ?? 'deleted' };
    }
  }
}
