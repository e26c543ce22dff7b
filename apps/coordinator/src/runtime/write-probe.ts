/** Whether a Redis takes writes. A replica and a full server answer reads all the same. */
import type { Redis } from 'ioredis';

/** Lifetime of the key, ms. */
const PROBE_MS = 1_000;

/** Writes a key that expires. @throws an outage when the server is away or takes no writes */
export async function probeWrite(redis: Redis, keyPrefix: string): Promise<void> {
  await redis.set(`${keyPrefix}:probe`, '', 'PX', PROBE_MS);
}
