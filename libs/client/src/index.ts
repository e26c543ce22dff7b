/** The public interface of the client library: sessions, their bars in this process, and steps through simulated time. */
export { Barkeep, connect, type ConnectOptions } from './connect.js';
export type * from './spec-input.js';
export { ClientSession } from './client-session.js';
export * from './errors.js';
export { SymbolStream, type FeedBar, type FeedBars, type FeedResult } from './feed/index.js';
export { DaysRemovedError, followSession, NotLockstepError, Step, StepIntervalError } from './follow/index.js';
export type { FollowOptions, KeptStart } from './follow/index.js';
export * from './http/index.js';
export {
  BarMirror,
  type DerivedBy,
  KeepDaysError,
  Mirror,
  type MirrorBar,
  MIRROR_BYTES_MAX,
  MirrorClosedError,
  type MirrorOptions,
  SessionEndedError,
} from './mirror/index.js';
export * from './run/index.js';
export type { BarsBySymbolRepository, BarsRepository } from '@barkeep/bar-repository';
export { EventCursorError } from './session-moments.js';
export type { EventGap, EventOptions, EventPlace, SessionMoment } from './session-moments.js';
export { ConfigError } from '@barkeep/service';
export { CalendarBook, parseCalendar, percentText, useCalendars, type Bar, type ShownBar } from '@barkeep/bars';
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
} from '@barkeep/session-data';
export type { ConsumerView, JoinFrom, FillOptions, SessionEventType } from '@barkeep/session-data';
