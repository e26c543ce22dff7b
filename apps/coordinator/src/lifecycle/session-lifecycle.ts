/**
 * The sessions, as the HTTP side needs them: the controllers call this interface and the streaming side implements it. An
 * abstract class, so that it is its own injection token.
 */
import type {
  CertificateAnswer,
  FedAnswer,
  SessionAnswer,
  SessionPageAnswer,
  UpkeepAnswer,
  UpkeepInput,
  UpkeepPlanAnswer,
} from '@barkeep/api';
import type { SessionState } from '@barkeep/bars';
import type {
  DayCounts,
  DayCountsQuery,
  EventBatch,
  EventCursor,
  OpenSession,
  SessionDifference,
  View,
} from '@barkeep/session-data';
import type { FedRecord } from './fed-records.js';

/** Writes the bars of one symbol that one request brings. */
export interface SymbolIntake {
  /** The results so far. */
  readonly fed: FedAnswer;
  /** Resolves when they are in the store. @throws FeedSetBackError, SessionLostError, as the next two */
  take(records: readonly FedRecord[]): Promise<void>;
  /** The stream has reached `time`, epoch ms, without further bars. */
  through(time: number): Promise<void>;
  /** No more bars will come. */
  end(): Promise<void>;
}

/** The result of a read of events: a batch, or the session's state when it has no store. */
export type EventRead = EventBatch | { noStore: SessionState | 'deleted' };

/** The events of one session. */
export interface EventFeed {
  /** Which events it has; a cursor is valid in one view only. */
  readonly view: View;
  /** The cursor of the first event, or of now. */
  begin(from: 'beginning' | 'now'): Promise<EventCursor>;
  /** The events after a cursor; returns at once when there are none. */
  read(cursor: EventCursor): Promise<EventRead>;
}

export abstract class SessionLifecycle {
  /**
   * Creates a session from an unchecked spec; `created` is false when it existed already.
   * @throws SessionSpecError, SpecConflictError
   */
  abstract create(
    body: unknown,
    options: { start: boolean; idempotencyKey?: string },
  ): Promise<{ session: SessionAnswer; created: boolean }>;
  /** @throws UnknownSessionError */
  abstract find(id: string, view?: View): Promise<SessionAnswer>;
  /** @throws CursorError */
  abstract list(query: {
    state?: SessionState;
    limit: number;
    cursor?: string;
    view?: View;
  }): Promise<SessionPageAnswer>;
  /**
   * The next four calls change the row first. If Redis cannot be reached after that, the view has `waitingFor` with kind `server`, and
   * the change takes effect within seconds of the server's return. Each call may be repeated.
   * @throws UnknownSessionError, SessionStateError, an outage when the row could not be changed
   */
  abstract start(id: string): Promise<SessionAnswer>;
  abstract pause(id: string): Promise<SessionAnswer>;
  abstract resume(id: string): Promise<SessionAnswer>;
  abstract stop(id: string): Promise<SessionAnswer>;
  /** Stops the session and removes all its data. @throws UnknownSessionError */
  abstract remove(id: string): Promise<void>;
  /**
   * Adds a symbol; a present one stays as it is. Readers see a `joining` symbol once it is complete up to the clock.
   * @throws UnknownSessionError, SessionStateError, SymbolCountError
   */
  abstract addSymbol(id: string, symbol: string): Promise<'joining' | 'present'>;
  /** Removes a symbol and all its data. @throws UnknownSessionError, UnknownSymbolError, SymbolCountError */
  abstract removeSymbol(id: string, symbol: string): Promise<void>;
  /** Removes a consumer, which no longer holds the clock. @throws UnknownSessionError, UnknownConsumerError, SessionLostError */
  abstract removeConsumer(id: string, consumer: string): Promise<void>;
  /** Requests an upkeep round now, or shows what it would request. @throws UnknownSessionError, UnknownSymbolError, SessionStateError */
  abstract runUpkeep(id: string, input: UpkeepInput, view: View): Promise<UpkeepAnswer | UpkeepPlanAnswer>;
  /**
   * Opens a symbol for bars; waits for the store of a session that was just started.
   * @param seen fed bars of the symbol that the caller knows to be stored
   * @throws UnknownSessionError, NotAFeedError, UnknownSymbolError, SessionStateError, FeedNotBegunError
   */
  abstract feed(id: string, symbol: string, seen?: number): Promise<SymbolIntake>;
  /** The session's data. @throws UnknownSessionError, SessionLostError */
  abstract open(id: string): Promise<OpenSession>;
  /** Where two sessions differ first. @throws UnknownSessionError, SessionStateError, SessionLostError, the reason of the signal */
  abstract difference(id: string, other: string, signal: AbortSignal): Promise<SessionDifference>;
  /** A page of the counts of symbols by trading day. @throws UnknownSessionError, UnknownSymbolError, SessionLostError */
  abstract dayCounts(id: string, query: DayCountsQuery): Promise<DayCounts & { zone: string }>;
  /** @throws UnknownSessionError, SessionStateError, SessionLostError */
  abstract certificate(id: string): Promise<CertificateAnswer>;
  /** The session's events, from before its first start until it is deleted. @throws UnknownSessionError */
  abstract events(id: string, view?: View): Promise<EventFeed>;
}
