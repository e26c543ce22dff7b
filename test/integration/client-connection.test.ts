/** Connections of the client library: the error for a wrong address, and the timer of a closed connection. */
import { connect, SessionRedisAwayError } from '@barkeep/client';
import { endTimerOnClose } from '@barkeep/session-data';
import { Redis } from 'ioredis';
import { once } from 'node:events';

test('a session Redis that cannot be reached is an error that names its address', async () => {
  const redis = new Redis('redis://:secret@127.0.0.1:1/0', { maxRetriesPerRequest: 0 }).on('error', () => undefined);
  const barkeep = connect({ coordinator: 'http://127.0.0.1:1', redis });
  const opened = barkeep.session('march').reader();
  await expect(opened).rejects.toThrow(SessionRedisAwayError);
  await expect(opened).rejects.toThrow(
    'session march: expected the session Redis at 127.0.0.1:1 to answer, was: no connection',
  );
  await barkeep.close();
  redis.disconnect();
});

test('a disconnect during a blocking read leaves no timer', async () => {
  const redis = endTimerOnClose(new Redis(process.env['SESSION_REDIS_URL']!, { socketTimeout: 600_000 }));
  await redis.ping();
  const read = redis.xread('BLOCK', 0, 'STREAMS', 'no-such-stream', '$').catch(() => undefined);
  // The client sends the command, and starts its timer, in a later turn of the event loop.
  await new Promise(setImmediate);
  expect(redis['socketTimeoutTimer']).toBeDefined();
  const end = once(redis, 'end');
  redis.disconnect();
  await Promise.all([end, read]);
  expect(redis['socketTimeoutTimer']).toBeUndefined();
});
