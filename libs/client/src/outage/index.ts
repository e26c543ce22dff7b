/** Errors of a client's connections, and retries while a server does not answer. */
export {
  ClientClosedError,
  CoordinatorAddressError,
  CoordinatorUnreachableError,
  ExportBrokenError,
  NoCoordinatorError,
  NoSessionRedisError,
  NotBegunError,
  UnexpectedAnswerError,
} from './errors.js';
export { OneAtATime } from './one-at-a-time.js';
export { Outage, OUTAGE_RETRY_MS, SessionRedisAwayError, retryOutages } from './outage.js';
