/**
 * Traces: what a process did for one hole, from the stream that met it to the bars that fill it. Off unless
 * OTEL_EXPORTER_OTLP_ENDPOINT is set; then, and only then, the packages of OpenTelemetry are loaded.
 *
 *   coordinator: stream window ──► job detect-gaps ──► job backfill ──► ask repositories
 *                                                           └──► job aggregate ──► make bars readable
 *
 * BullMQ carries the trace in the options of a job, so it continues in the process that runs the job.
 */
import type { QueueTelemetry } from '@barkeep/upkeep-queues';

/** Packages that only traces need. Without traces they may be missing. */
const OPTIONAL_PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/core',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
  'bullmq-otel',
];

/** Traces are on, and their packages are not installed. */
export class TracingPackagesError extends Error {
  override readonly name = 'TracingPackagesError';
  constructor(cause: unknown) {
    super(
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, and traces need packages that are not installed: npm install ${OPTIONAL_PACKAGES.join(' ')}`,
      { cause },
    );
  }
}

/** What a span says of its work. */
export type SpanAttributes = Record<string, string | number>;

export interface Tracing {
  /** For queues and their workers; undefined when traces are off. */
  readonly queues: QueueTelemetry | undefined;
  /**
   * Runs work as a span of the trace that is active, if there is one. An error of the work is noted and thrown.
   * @param isRoot without an active trace the span starts one; otherwise it is left out
   */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>, isRoot?: boolean): Promise<T>;
  /** Sends what is not sent yet. Never rejects. */
  stop(): Promise<void>;
}

const NO_TRACING: Tracing = {
  queues: undefined,
  span: (_name, _attributes, work) => work(),
  stop: () => Promise.resolve(),
};

/**
 * Starts traces for this process, which may be done once.
 * @param service names the process in the traces @param endpoint of a collector (OTLP over HTTP); undefined: off
 * @throws TracingPackagesError
 */
export async function startTracing(service: string, endpoint: string | undefined): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING;
  const { OpenTelemetryTracing } = await import('./open-telemetry.js').catch((error: unknown) => {
    throw isMissing(error) ? new TracingPackagesError(error) : error;
  });
  return new OpenTelemetryTracing(service);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ERR_)?MODULE_NOT_FOUND$/.test(String(error.code));
}
