/** The OpenAPI document, and the checks of requests that it describes. */
export { componentRef, eventStreamSchema } from './json-schema.js';
export { openApiDocument, serveOpenApi } from './openapi.js';
export { JSON_BODY, Operation, READING } from './operation.js';
export { ConsumerName, NewSymbolName, SessionId, SymbolName } from './paths.js';
export { ApiController, CheckedQuery, parseIdempotencyKey, parseInput } from './request-checks.js';
