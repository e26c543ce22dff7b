/**
 * The sessions, as the HTTP side needs them: the controllers call this interface and the streaming side implements it. An
 * abstract class, so that it is its own injection token.
 */
import type { SessionSpec, SlotCounts } from '@barkeep/bars';
import type { SessionState } from '@barkeep/bar-repository';
import type { Certificate, EventBatch, EventCursor, OpenSession, View } from '@barkeep/session-data';
import type { FedRecord } from './fed-records.js';
import type { CertifiedConsumer, ConsumerAnswer, FedView } from '../openapi/index.js';

/** The days of a session before its first one. */
export interface HistoryView {
  /** Trading days. */
  days: number;
  /** The oldest of them; null when there is none. */
  firstDate: string | null;
  /** True when more days were requested and the calendar starts at `firstDate`. */
  calendarBegins: boolean;
  /** Bars of each symbol, of the interval that the spec names or the base interval; null until the history is complete. */
  bars: Record<string, number> | null;
}

/** What a session waits for, and what would help; times are ISO 8601 UTC. */
export interface WaitingFor {
  kind: 'repository' | 'worker' | 'consumers' | 'feed' | 'pace' | 'server' | 'symbols';
  /** Names of what it waits for: repositories, consumers, symbols, servers; empty when there are none. */
  what: string[];
  since: string | null;
  /** One sentence for people. */
  detail: string;
  /** When the next attempt is made; null when that depends on others. */
  nextTryAt: string | null;
}

/** A session as the API shows it; times are ISO 8601 UTC. */
export interface SessionView {
  id: string;
  state: SessionState;
  spec: SessionSpec;
  /** The current symbols, with those that are joining. */
  symbols: string[];
  /** Null before the first start, like frontier and watermark. */
  clock: string | null;
  frontier: string | null;
  watermark: string | null;
  /** How far the clock is from the first open to the last close, 0 to 1. */
  progress: number;
  /** Why the session failed. */
  error: string | null;
  /** Null while it does not wait. */
  waitingFor: WaitingFor | null;
  /** Sentences for people, for example about a symbol that no dataset knows. */
  warnings: string[];
  /** Slots of all symbols before the frontier, the bars that were refused, and the rows without a slot. */
  counts: SlotCounts & { refused: number; outside: number; extended: number };
  /** Null when the spec requests none. */
  history: HistoryView | null;
  /** How well the clock keeps its pace: how often it fell behind, and how far behind it is, ms; zeros at `max`. */
  pace: { overruns: number; lagMs: number };
  /** Day changes without and with a wait for rows, and bytes that were read before their turn. */
  prefetch: { hits: number; misses: number; bytes: number };
  /** Dates of days whose source was silent for too long. */
  timedOutDays: string[];
  /** Its consumers by name, with those that left or were dropped. */
  consumers: ConsumerAnswer[];
  createdAt: string;
  updatedAt: string;
  /** When it completed, stopped, failed or was lost. */
  completedAt: string | null;
}

/** One page of sessions, newest first. */
export interface SessionPageView {
  sessions: SessionView[];
  /** For the next page; null on the last. */
  nextCursor: string | null;
}

/** Writes the bars of one symbol that one request brings. */
export interface SymbolIntake {
  /** The results so far. */
  readonly fed: FedView;
  /** Resolves when they are in the store. @throws SessionLostError */
  take(records: readonly FedRecord[]): Promise<void>;
  /** The stream has reached `time`, epoch ms, without further bars. */
  through(time: number): Promise<void>;
  /** No more bars will come. */
  end(): Promise<void>;
}

/** The contents of a session's days. */
export interface CertificateView extends Certificate {
  session: string;
  /** Without its id. */
  spec: Omit<SessionSpec, 'id'>;
  /** SHA-256 of the trading days that the session was created with. */
  daysHash: string;
  /** By their number in the bars: the source, then those that fill its gaps. */
  datasets: string[];
  /** `store`: made from the store now; `kept`: kept when the session was complete, because its store is gone. */
  from: 'store' | 'kept';
  /** When it was kept, ISO 8601; null when none was. */
  storedAt: string | null;
  /** Dates whose days differ between the kept certificate and the store. */
  changedSince: string[];
  /** What its consumers received, by name. */
  consumers: CertifiedConsumer[];
}

/** The result of a read of events: a batch, or the session's state when it has no store. */
export type FeedAnswer = EventBatch | { noStore: SessionState | 'deleted' };

/** The events of one session. */
export interface EventFeed {
  /** Whose events they are; a cursor is of one view. */
  readonly view: View;
  /** The cursor of the first event, or of now. */
  begin(from: 'beginning' | 'now'): Promise<EventCursor>;
  /** The events after a cursor; returns at once when there are none. */
  read(cursor: EventCursor): Promise<FeedAnswer>;
}

export abstract class SessionLifecycle {
  /**
   * Creates a session from an unchecked spec; `created` is false when it existed already.
   * @throws SessionSpecError, SessionConflictError
   */
  abstract create(
    body: unknown,
    options: { start: boolean; idempotencyKey?: string },
  ): Promise<{ session: SessionView; created: boolean }>;
  /** @throws SessionNotFoundError */
  abstract find(id: string, view?: View): Promise<SessionView>;
  /** @throws CursorError */
  abstract list(query: { state?: SessionState; limit: number; cursor?: string; view?: View }): Promise<SessionPageView>;
  /**
   * The four calls change the row first. When Redis is not reachable after that, the view has `waitingFor` with kind `server`, and
   * the change takes effect within seconds of the server's return. Each call may be repeated.
   * @throws SessionNotFoundError, WrongStateError, an outage when the row could not be changed
   */
  abstract start(id: string): Promise<SessionView>;
  abstract pause(id: string): Promise<SessionView>;
  abstract resume(id: string): Promise<SessionView>;
  abstract stop(id: string): Promise<SessionView>;
  /** Stops the session and removes all its data. @throws SessionNotFoundError */
  abstract remove(id: string): Promise<void>;
  /**
   * Adds a symbol; a present one stays as it is. Readers see a `joining` symbol once it is complete up to the clock.
   * @throws SessionNotFoundError, WrongStateError, SymbolCountError
   */
  abstract addSymbol(id: string, symbol: string): Promise<'joining' | 'present'>;
  /** Removes a symbol and all its data. @throws SessionNotFoundError, UnknownSymbolError, SymbolCountError */
  abstract removeSymbol(id: string, symbol: string): Promise<void>;
  /** Removes a consumer, which no longer holds the clock. @throws SessionNotFoundError, UnknownConsumerError, SessionLostError */
  abstract removeConsumer(id: string, consumer: string): Promise<void>;
  /** Requests an upkeep round now. @throws SessionNotFoundError, WrongStateError */
  abstract runUpkeep(id: string): Promise<void>;
  /**
   * Opens a symbol for bars; waits for the store of a session that was just started.
   * @throws SessionNotFoundError, NotAFeedError, UnknownSymbolError, WrongStateError, FeedNotBegunError
   */
  abstract feed(id: string, symbol: string): Promise<SymbolIntake>;
  /** The session's data. @throws SessionNotFoundError, SessionLostError */
  abstract open(id: string): Promise<OpenSession>;
  /** @throws SessionNotFoundError, WrongStateError, SessionLostError */
  abstract certificate(id: string): Promise<CertificateView>;
  /** The session's events, from before its first start until it is deleted. @throws SessionNotFoundError */
  abstract events(id: string, view?: View): Promise<EventFeed>;
}
