/** Tests whether a Redis accepts writes. A replica or a full server still answers reads. */
import type { Redis } from 'ioredis';

/** Lifetime of the key, ms. */
const PROBE_MS = 1_000;

/** Writes a key that expires. @throws an outage when the server does not respond or refuses writes */
export async function probeWrite(redis: Redis, keyPrefix: string): Promise<void> {
  await redis.set(`${keyPrefix}:probe`, '', 'PX', PROBE_MS);
}
