/** A collector of traces: receives OTLP over HTTP as JSON, and keeps the spans in memory. */
import { z } from 'zod';
import { type HttpServer, serveHttp } from './http-server.js';

const Value = z.object({ stringValue: z.string().optional(), intValue: z.coerce.number().optional() });
const Attributes = z.array(z.object({ key: z.string(), value: Value.loose() })).default([]);
const SpanJson = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: Attributes,
});
const Request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(SpanJson) })),
    }),
  ),
});

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** `service.name` of the process. */
  service: string;
  /** Epoch ns, as `endNs`. */
  startNs: bigint;
  endNs: bigint;
  attributes: Record<string, string | number | undefined>;
}

export class TraceCollector {
  private constructor(
    private readonly served: HttpServer,
    readonly spans: CollectedSpan[],
  ) {}

  static async start(): Promise<TraceCollector> {
    const spans: CollectedSpan[] = [];
    const served = await serveHttp((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString())));
        response.setHeader('Content-Type', 'application/json');
        response.end('{}');
      });
    });
    return new TraceCollector(served, spans);
  }

  /** The value of OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    return this.served.url;
  }

  async close(): Promise<void> {
    this.served.server.closeAllConnections();
    await this.served.close();
  }
}

/** The spans of a request. */
function spansOf(body: unknown): CollectedSpan[] {
  return Request.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    const spans = scopeSpans.flatMap((scope) => scope.spans);
    return spans.map(({ startTimeUnixNano, endTimeUnixNano, traceId, spanId, parentSpanId, name, attributes }) => {
      const [startNs, endNs] = [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)];
      const ids = { traceId, spanId, parentSpanId };
      return { ...ids, name, service, startNs, endNs, attributes: valuesOf(attributes) };
    });
  });
}

function valuesOf(attributes: z.output<typeof Attributes>): Record<string, string | number | undefined> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
