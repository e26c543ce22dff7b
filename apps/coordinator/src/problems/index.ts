/** Errors of the API. */
export { isOutage, RETRY_AFTER_SECONDS } from './outage.js';
export { problemOf } from './problem-of.js';
export {
  InvalidInputError,
  problem,
  type Problem,
  PROBLEM_JSON,
  PROBLEM_KINDS,
  ProblemError,
  type ProblemKind,
} from './problem.js';
