/** Traces of repairs, across processes. */
export { type SpanAttributes, startTracing, type Tracing } from './tracing.js';
