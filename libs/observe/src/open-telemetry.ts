/**
 * Traces by OpenTelemetry, sent to the collector that the OTEL_EXPORTER_OTLP_… variables name. Loaded only when traces are on. Records only
 * the traces that a span of Barkeep starts. BullMQ's spans outside of them, such as each poll for a job, are left out.
 */
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import type { QueueTelemetry } from '@barkeep/upkeep-queues';
import { BullMQOtel } from 'bullmq-otel';
import type { SpanAttributes, Tracing } from './tracing.js';

/** Attribute of the spans that may start a trace. */
const ROOT = 'barkeep.root';
/** Spans are sent this long after their end, ms. */
const SEND_AFTER_MS = 1_000;

/** Traces of this process. The constructor registers them for the whole process. */
export class OpenTelemetryTracing implements Tracing {
  readonly queues: QueueTelemetry = new BullMQOtel({ tracerName: 'barkeep' });
  private readonly provider: TracerProvider;

  /** @param service names the process in the traces */
  constructor(service: string) {
    /** Decides about spans without a parent: only marked ones start a trace. */
    const root = {
      shouldSample(...args: Parameters<ParentBasedSampler['shouldSample']>) {
        const isRoot = args[4][ROOT] === true; // the attributes of the span
        return { decision: isRoot ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
      },
    };
    this.provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes({ 'service.name': `barkeep-${service}` })),
      sampler: new ParentBasedSampler({ root }),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: SEND_AFTER_MS }),
      ],
    });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    trace.setGlobalTracerProvider(this.provider);
  }

  async span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>, isRoot = false): Promise<T> {
    if (!isRoot && trace.getActiveSpan() === undefined) return work();
    const options = { attributes: isRoot ? { ...attributes, [ROOT]: true } : attributes };
    return this.provider.getTracer('barkeep').startActiveSpan(name, options, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  async stop(): Promise<void> {
    // A process must stop cleanly even when the collector is unavailable.
    await this.provider.shutdown().catch(() => undefined);
  }
}
