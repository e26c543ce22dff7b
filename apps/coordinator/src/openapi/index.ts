/** The OpenAPI document, and the checks of requests that it describes. */
export { componentRef, eventStreamSchema } from './json-schema.js';
export { openApiDocument, serveOpenApi } from './openapi.js';
export { Operation } from './operation.js';
export { ConsumerPipe, NewSymbolPipe, SessionIdPipe, SymbolPipe } from './paths.js';
export { ApiController, CheckedQuery, parseIdempotencyKey, parseInput } from './request-checks.js';
