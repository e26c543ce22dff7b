/**
 * For `node --require`: at the end of a program it prints how many modules the program loaded that only traces need.
 * `@opentelemetry/api` does not count, because prom-client always loads it; alone it records nothing.
 */
const FOR_TRACES = /node_modules\/(@opentelemetry\/(?!api\/)|bullmq-otel\/)/;

process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter((file) => FOR_TRACES.test(file));
  process.stderr.write(`loaded for traces: ${loaded.length}\n`);
});
