/**
 * The readiness checks: one real write to each server, with a time limit. A server that can only read, such as a replica
 * after a failover or a full Redis, is not ready.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Config, Connections } from '@barkeep/service';
import type { Redis } from 'ioredis';

/** A server that takes longer than this is down. */
const ANSWER_WITHIN_MS = 2_000;
/** Lifetime of the key that a check writes to Redis, ms. */
const PROBE_MS = 1_000;
/** Changes no row, but a read-only server refuses it. It never waits for a lock: no statement of Barkeep locks this table against writes. */
const WRITE_NOTHING = 'DELETE FROM removed_sessions WHERE false';

/** The state of each server that the process needs, by the name that operators see. */
export type ServerStates = Record<'postgres' | 'queue-redis' | 'session-redis', 'up' | 'down'>;

/** Writes a key that expires. @throws an outage when the server does not respond or refuses writes */
export async function probeWrite(redis: Redis, keyPrefix: string): Promise<void> {
  await redis.set(`${keyPrefix}:probe`, '', 'PX', PROBE_MS);
}

/** Checks all servers at the same time. Never rejects. */
export async function probeServers(
  { dataSource, queueRedis, sessionRedis }: Pick<Connections, 'dataSource' | 'queueRedis' | 'sessionRedis'>,
  { queues, sessions }: Pick<Config, 'queues' | 'sessions'>,
): Promise<ServerStates> {
  const [postgres, queue, session] = await Promise.all([
    stateOf(() => dataSource.query(WRITE_NOTHING)),
    stateOf(() => probeWrite(queueRedis, queues.prefix)),
    stateOf(() => probeWrite(sessionRedis, sessions.prefix)),
  ]);
  return { postgres, 'queue-redis': queue, 'session-redis': session };
}

/** A text that names the servers that are down; undefined when all are up. */
export function downServers(states: ServerStates): string | undefined {
  const down = Object.entries(states).flatMap(([name, state]) => (state === 'down' ? [name] : []));
  return down.length > 0 ? `not answering: ${down.join(', ')}` : undefined;
}

/** `down` when the check fails or takes too long. */
function stateOf(check: () => Promise<unknown>): Promise<'up' | 'down'> {
  const answered = check().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return Promise.race([answered, delay(ANSWER_WITHIN_MS, 'down' as const, { ref: false })]);
}
