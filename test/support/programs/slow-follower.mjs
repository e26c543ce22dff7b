/**
 * A process that follows a session and never requests its second step. When it has the first step, it sends the step's
 * time to its parent over IPC. Arguments: the URL of the session Redis, the key prefix, the session, the consumer.
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
