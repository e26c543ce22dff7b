/**
 * Required by a program: prints at its end how many modules it loaded that only traces need. prom-client always loads
 * @opentelemetry/api, which records nothing without them.
 */
const FOR_TRACES = /node_modules\/(@opentelemetry\/(?!api\/)|bullmq-otel\/)/;

process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter((file) => FOR_TRACES.test(file));
  process.stderr.write(`loaded for traces: ${loaded.length}\n`);
});
