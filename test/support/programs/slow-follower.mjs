/**
 * A process that follows a session and never requests its second step. It sends a message to its parent when it has the
 * first one. Arguments: the session Redis, key prefix, session, consumer.
 */
import { followSession } from '@barkeep/client';
import { openSession } from '@barkeep/session-data';
import { Redis } from 'ioredis';

const [, , url, prefix, id, consumer] = process.argv;
const redis = new Redis(url);
const session = await openSession(redis, prefix, id);
for await (const step of followSession(redis, session, { consumer })) {
  process.send(step.time);
  await new Promise(() => undefined);
}
