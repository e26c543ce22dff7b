/**
 * The health check of a container. A coordinator is well when it answers, a worker when the queue Redis has its
 * connection: a process that hangs or was cut off shows in both. Exit code 0 when well, 1 with a reason when not.
 */
import { networkInterfaces } from 'node:os';
import { Redis } from 'ioredis';

const TIMEOUT_MS = 3_000;

const CHECKS = {
  async coordinator() {
    const port = process.env.BARKEEP_PORT ?? '3000';
    const { status } = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (status !== 200) throw new Error(`expected /health/live to answer 200, was ${status}`);
  },

  async 'upkeep-worker'() {
    const redis = new Redis(process.env.REDIS_URL ?? '', {
      lazyConnect: true,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on('error', () => undefined); // the command that failed says it as well
    try {
      await redis.connect();
      const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses.map(({ address }) => address));
      const clients = (await redis.client('LIST')).split('\n');
      const isOurs = (line) => line.includes('name=upkeep-worker:') && own.some((ip) => line.includes(` addr=${ip}:`));
      if (!clients.some(isOurs)) throw new Error('expected a connection of the worker at the queue Redis, was none');
    } finally {
      redis.disconnect();
    }
  },
};

const role = process.argv[2] ?? '';
try {
  if (!Object.hasOwn(CHECKS, role)) throw new Error(`expected one of ${Object.keys(CHECKS).join(', ')}, was "${role}"`);
  await CHECKS[role]();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
