/** The OpenAPI document, and the checks of requests against it. */
export { componentRef, openApiDocument, serveOpenApi } from './openapi.js';
export { Operation, PROBLEMS } from './operation.js';
export {
  ApiController,
  CheckedQuery,
  ConsumerName,
  DatasetName,
  NewSymbolName,
  parseIdempotencyKey,
  parseInput,
  SessionId,
  SymbolName,
} from './request-checks.js';
