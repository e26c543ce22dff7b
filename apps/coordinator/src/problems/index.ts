/** Errors of the API. */
export { ProblemError, WrongFieldsError } from './errors.js';
export { problemOf } from './problem-of.js';
