/** The OpenAPI document, and the checks of requests that it describes. */
export { ApiController } from './api-controller.js';
export { componentRef, eventStreamSchema } from './json-schema.js';
export { openApiDocument, serveOpenApi } from './openapi.js';
export { Operation } from './operation.js';
export { parseIdempotencyKey, parseInput } from './parse-input.js';
export { ConsumerPipe, NewSymbolPipe, SessionIdPipe, SymbolPipe } from './paths.js';
export { CheckedQuery } from './query-guard.js';
