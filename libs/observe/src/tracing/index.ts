/** Traces of repairs, across processes. */
export { TracingPackagesError } from './errors.js';
export { NO_TRACING, type SpanAttributes, startTracing, type Tracing } from './tracing.js';
