/**
 * What the HTTP side needs of the sessions: the port that the controllers call and the streaming side implements.
 * An abstract class, so that it is its own injection token.
 */
import type { SessionSpec, SlotCounts } from '@barkeep/bars';
import type { SessionState } from '@barkeep/bar-repository';
import type { Certificate, EventBatch, EventCursor, OpenSession } from '@barkeep/session-data';
import type { FedRecord } from './fed-records.js';
import type { CertifiedConsumer, ConsumerAnswer, FedView } from '../openapi/index.js';

/** What a session has from before its first day. */
export interface HistoryView {
  /** Trading days. */
  days: number;
  /** The oldest of them; null when there is none. */
  firstDate: string | null;
  /** True when more was asked for, and the calendar knows nothing before `firstDate`. */
  calendarBegins: boolean;
  /** Bars of each symbol, of the interval that the spec names, otherwise of the base interval; null until it is whole. */
  bars: Record<string, number> | null;
}

/** A session as the API shows it; times are ISO 8601 UTC. */
export interface SessionView {
  id: string;
  state: SessionState;
  spec: SessionSpec;
  /** The symbols that it has now, those that are joining included. */
  symbols: string[];
  /** Null before the first start, like frontier and watermark. */
  clock: string | null;
  frontier: string | null;
  watermark: string | null;
  /** How far the clock is from the first open to the last close, 0 to 1. */
  progress: number;
  /** Why the session failed. */
  error: string | null;
  /** Slots of all symbols before the frontier, and the bars that were refused. */
  counts: SlotCounts & { refused: number };
  /** Null when the spec asks for none. */
  history: HistoryView | null;
  /** How the clock keeps its pace: times it fell behind, and how far it is behind, ms; zeros at `max`. */
  pace: { overruns: number; lagMs: number };
  /** Day changes that waited for no rows, those that did, and bytes that were read before their turn. */
  prefetch: { hits: number; misses: number; bytes: number };
  /** Dates of the days whose source was silent for too long. */
  timedOutDays: string[];
  /** Who follows it, by name; those included that left or were dropped. */
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

/** Takes the bars of one symbol that one request brings. */
export interface SymbolIntake {
  /** What became of them so far. */
  readonly fed: FedView;
  /** Resolves when they are in the store. @throws SessionLostError */
  take(records: readonly FedRecord[]): Promise<void>;
  /** The stream has reached `time`, epoch ms, without further bars. */
  through(time: number): Promise<void>;
  /** No more bars will come. */
  end(): Promise<void>;
}

/** What a session's days held, and holds. */
export interface CertificateView extends Certificate {
  session: string;
  /** Without its id. */
  spec: Omit<SessionSpec, 'id'>;
  /** By their number in the bars: the source, then those that fill its gaps. */
  datasets: string[];
  /** `store`: made of what the session holds now; `kept`: what it held when it was complete, for its store is gone. */
  from: 'store' | 'kept';
  /** When it was kept, ISO 8601; null when none was. */
  storedAt: string | null;
  /** Dates that differ between what was kept and what the store holds now. */
  changedSince: string[];
  /** What was delivered to those who followed it, by name. */
  consumers: CertifiedConsumer[];
}

/** What a read of events finds: some, none, or no store to read them of and what became of the session. */
export type FeedAnswer = EventBatch | { noStore: SessionState | 'deleted' };

/** The events of one session. */
export interface EventFeed {
  /** The cursor of its beginning, or of now. */
  begin(from: 'beginning' | 'now'): Promise<EventCursor>;
  /** Events after a cursor, at once; none when there are none. */
  read(cursor: EventCursor): Promise<FeedAnswer>;
}

export abstract class SessionLifecycle {
  /**
   * Creates a session from an unchecked spec; `created` is false when it was there already.
   * @throws SessionSpecError, SessionConflictError
   */
  abstract create(
    body: unknown,
    options: { start: boolean; idempotencyKey?: string },
  ): Promise<{ session: SessionView; created: boolean }>;
  /** @throws SessionNotFoundError */
  abstract find(id: string): Promise<SessionView>;
  /** @throws CursorError */
  abstract list(query: { state?: SessionState; limit: number; cursor?: string }): Promise<SessionPageView>;
  /** @throws SessionNotFoundError, WrongStateError, as the other three */
  abstract start(id: string): Promise<SessionView>;
  abstract pause(id: string): Promise<SessionView>;
  abstract resume(id: string): Promise<SessionView>;
  abstract stop(id: string): Promise<SessionView>;
  /** Stops the session and removes everything of it. @throws SessionNotFoundError */
  abstract remove(id: string): Promise<void>;
  /**
   * Adds a symbol; one that is there is left as it is. A symbol that is `joining` is seen by readers once it is whole up to
   * the clock. @throws SessionNotFoundError, WrongStateError, SymbolCountError
   */
  abstract addSymbol(id: string, symbol: string): Promise<'joining' | 'present'>;
  /** Removes a symbol and everything of it. @throws SessionNotFoundError, UnknownSymbolError, SymbolCountError */
  abstract removeSymbol(id: string, symbol: string): Promise<void>;
  /** Forgets a consumer, which holds the clock no more. @throws SessionNotFoundError, UnknownConsumerError, SessionLostError */
  abstract removeConsumer(id: string, consumer: string): Promise<void>;
  /** Asks for an upkeep round now. @throws SessionNotFoundError, WrongStateError */
  abstract runUpkeep(id: string): Promise<void>;
  /**
   * Begins to take bars of a symbol; waits for the store of a session that was just started.
   * @throws SessionNotFoundError, NotAFeedError, UnknownSymbolError, WrongStateError, FeedNotBegunError
   */
  abstract feed(id: string, symbol: string): Promise<SymbolIntake>;
  /** The session's data. @throws SessionNotFoundError, SessionLostError */
  abstract open(id: string): Promise<OpenSession>;
  /** @throws SessionNotFoundError, WrongStateError, SessionLostError */
  abstract certificate(id: string): Promise<CertificateView>;
  /** The session's events, from before its first start until it is deleted. @throws SessionNotFoundError */
  abstract events(id: string): Promise<EventFeed>;
}
