/**
 * `@barkeep/api`: the contract of the HTTP API, as Zod schemas of every query, answer, event and problem. The coordinator
 * makes its OpenAPI document from them, the client checks answers with them, and tests compare real answers with them.
 */
export * from './answers/index.js';
export * from './events.js';
export * from './examples.js';
export * from './problems.js';
export { isEpochMs, isoTime, parseTime, TIME_EXPECTED } from './parameters.js';
export * from './queries.js';
