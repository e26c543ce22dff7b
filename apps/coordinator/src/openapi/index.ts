/** The OpenAPI document, and the checks of requests against it. */
export { componentRef, openApiDocument, serveOpenApi } from './openapi.js';
export { Operation, PROBLEMS } from './operation.js';
export { ApiController, type Call, Called, NEW_SYMBOL, parseIdempotencyKey, parseInput } from './request-checks.js';
