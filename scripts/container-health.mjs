/**
 * The health check of a container: `node container-health.mjs coordinator|upkeep-worker`. A coordinator is healthy when it
 * answers. A worker is healthy when the queue Redis answers it. So the check notices processes that hang or are
 * disconnected. Exit code: 0 when healthy, otherwise 1, with a reason on stderr.
 */
const TIMEOUT_MS = 3_000;

const CHECKS = {
  async coordinator() {
    const port = process.env.BARKEEP_PORT || '3000';
    const { status } = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (status !== 200) throw new Error(`expected /health/live to answer 200, was ${status}`);
  },

  async 'upkeep-worker'() {
    const port = process.env.BARKEEP_WORKER_PORT || '0';
    if (port === '0') throw new Error('expected BARKEEP_WORKER_PORT, which the check asks, was unset');
    const key = (process.env.BARKEEP_ADMIN_KEYS || process.env.BARKEEP_API_KEYS || '').split(',')[0];
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
      headers: key ? { 'x-api-key': key } : {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { checks, detail } = await response.json();
    if (checks?.['queue-redis'] !== 'up') throw new Error(`expected the queue Redis to answer the worker: ${detail}`);
  },
};

const role = process.argv[2] ?? '';
try {
  if (!Object.hasOwn(CHECKS, role)) throw new Error(`expected one of ${Object.keys(CHECKS).join(', ')}, was "${role}"`);
  await CHECKS[role]();
} catch (error) {
  const cause = error.cause === undefined ? '' : `: ${error.cause.message}`;
  process.stderr.write(`${error.message}${cause}\n`);
  process.exitCode = 1;
}
