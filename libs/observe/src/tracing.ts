/**
 * Traces: what the processes did for one gap, from the stream window in which it lies to the bars that fill it. Traces are on when
 * OTEL_EXPORTER_OTLP_ENDPOINT is set. Only then are the packages of OpenTelemetry loaded.
 *
 *   coordinator: stream window ──► job detect-gaps ──► job backfill ──► ask repositories
 *                                                           └──► job aggregate ──► make bars readable
 *
 * BullMQ stores the trace in the options of a job, so the trace continues in the process that runs the job.
 */
import { errorCode } from '@barkeep/service';
import type { QueueTelemetry } from '@barkeep/upkeep-queues';

/** Packages that only traces need. Without traces they may be missing. */
const OPTIONAL_PACKAGES =
  '@opentelemetry/api @opentelemetry/context-async-hooks @opentelemetry/core @opentelemetry/exporter-trace-otlp-http ' +
  '@opentelemetry/resources @opentelemetry/sdk-trace bullmq-otel';

/** Thrown when traces are on and their packages are not installed. */
export class TracingPackagesError extends Error {
  override readonly name = 'TracingPackagesError';
  constructor(cause: unknown) {
    super(
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, and traces need packages that are not installed: npm install ${OPTIONAL_PACKAGES}`,
      { cause },
    );
  }
}

/** Facts about the work of a span, such as the session's id. */
export type SpanAttributes = Record<string, string | number>;

export interface Tracing {
  /** The telemetry that queues and their workers need; undefined when traces are off. */
  readonly queues: QueueTelemetry | undefined;
  /**
   * Runs `work` as a span of the active trace. An error of the work is recorded in the span and thrown.
   * @param isRoot what happens without an active trace: true starts one, false (default) runs the work without a span
   */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>, isRoot?: boolean): Promise<T>;
  /** Sends the spans that are not sent yet. Never rejects. */
  stop(): Promise<void>;
}

/** Traces that are off: spans only run their work. */
const NO_TRACING: Tracing = {
  queues: undefined,
  span: (_name, _attributes, work) => work(),
  stop: () => Promise.resolve(),
};

/**
 * Starts traces for this process; call it only once.
 * @param service names the process in the traces @param endpoint URL of a collector (OTLP over HTTP); undefined: traces are off
 * @throws TracingPackagesError
 */
export async function startTracing(service: string, endpoint: string | undefined): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING;
  const { OpenTelemetryTracing } = await import('./open-telemetry.js').catch((error: unknown) => {
    const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(errorCode(error) ?? '');
    throw isMissing ? new TracingPackagesError(error) : error;
  });
  return new OpenTelemetryTracing(service); // it reads the endpoint from the environment
}
