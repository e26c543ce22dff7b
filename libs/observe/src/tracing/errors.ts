/** What traces need, and the error when it is not installed. */

/** Packages that only traces need. Without traces they may be missing. */
export const OPTIONAL_PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/core',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
  'bullmq-otel',
] as const;

/** Traces are on, and their packages are not installed. */
export class TracingPackagesError extends Error {
  override readonly name = 'TracingPackagesError';
  constructor(packages: readonly string[], cause: unknown) {
    super(
      `OTEL_EXPORTER_OTLP_ENDPOINT is set, and traces need packages that are not installed: npm install ${packages.join(' ')}`,
      { cause },
    );
  }
}
