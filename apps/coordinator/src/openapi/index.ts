/** What the API takes and answers. */
export {
  type BarView,
  type CertifiedConsumer,
  type ConsumerAnswer,
  type FedView,
  type FeedEndView,
  type GapView,
  type MetricsView,
  type SymbolView,
} from './answers.js';
export {
  barExample,
  certificateExample,
  digestExample,
  eventStreamExample,
  fedExample,
  gapExample,
  metricsExample,
  sessionExample,
  sessionPageExample,
  specExample,
} from './examples.js';
export { componentRef } from './json-schema.js';
export { openApiDocument, serveOpenApi } from './openapi.js';
export { Operation } from './operation.js';
export { ConsumerPipe, NewSymbolPipe, SessionIdPipe, SymbolPipe } from './paths.js';
export {
  BARS_MAX,
  barsQuery,
  type BarsQuery,
  createQuery,
  type CreateQuery,
  eventsQuery,
  type EventsQuery,
  feedQuery,
  type FeedQuery,
  intervalQuery,
  type IntervalQuery,
  listQuery,
  type ListQuery,
  parseIdempotencyKey,
  symbolsQuery,
  metricsQuery,
  type MetricsQuery,
  viewQuery,
  type ViewQuery,
  type SymbolsQuery,
} from './queries.js';
export { CheckedQuery, QueryGuard } from './query-guard.js';
export { isoTime, parseTime, TIME_EXPECTED } from './time-input.js';
