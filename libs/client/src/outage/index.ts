/** Retries while a server is away. */
export {
  ClientClosedError,
  CoordinatorAddressError,
  CoordinatorUnreachableError,
  NoCoordinatorError,
  NoSessionRedisError,
  NotBegunError,
  UnexpectedAnswerError,
} from './errors.js';
export { OneAtATime } from './one-at-a-time.js';
export { Outage, OUTAGE_RETRY_MS, SessionRedisAwayError, throughOutages } from './outage.js';
