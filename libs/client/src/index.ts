/** What a strategy imports: sessions, their bars in this process, and steps through simulated time. */
export { Barkeep, connect } from './connect.js';
export { ClientSession } from './client-session.js';
export * from './errors.js';
export { SymbolStream, type FeedBar, type FeedBars, type FeedResult } from './feed/symbol-stream.js';
export * from './follow/index.js';
export * from './http/index.js';
export * from './mirror/index.js';
export { SessionRedisAwayError } from './outage.js';
export type { ConnectOptions } from './settings.js';
export type { SpecInput } from './spec-input.js';
export { runBacktest, type Delivered, type RunOptions, type RunResult } from './run/run-backtest.js';
export { RunOptionsError, type RunRepository, type RunSpec, type TypeOrmConnection } from './run/run-spec.js';
export type { BarsBySymbolRepository, BarsRepository } from '@barkeep/bar-repository';
export type { RunBars, SymbolBar } from './run/feed-session.js';
export {
  EventCursorError,
  type EventGap,
  type EventOptions,
  type EventPlace,
  type SessionMoment,
} from './session-moments.js';
export { ConfigError } from '@barkeep/config';
export { useCalendars, type Bar, type ShownBar } from '@barkeep/bars';
export {
  ConsumerCountError,
  ConsumerNameError,
  ConsumerReplacedError,
  OpenSession,
  SessionCalendarError,
  SessionLostError,
  UnknownConsumerError,
  UnknownIntervalError,
  UnknownSymbolError,
  type ConsumerView,
  type JoinFrom,
  type ReadOptions,
  type SessionEventType,
} from '@barkeep/session-data';
