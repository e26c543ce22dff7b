/**
 * A process that has twelve loops over the steps of a session, over its events and over bars to feed, and twelve mirrors, all with one
 * client. It closes the client when all of them have begun and wait for more. Arguments: the URL of the session Redis, the key prefix, the session.
 */
import { ClientClosedError, connect } from '@barkeep/client';

const [, , redis, keyPrefix, id] = process.argv;
// The process waits before it would call the coordinator, so no server listens at this address.
const barkeep = connect({ coordinator: 'http://127.0.0.1:9', redis, keyPrefix });
const session = barkeep.session(id);

/** A source whose first bar never comes. @param begun called when that bar is requested */
function noBars(begun) {
  const next = () => {
    begun();
    return new Promise(() => undefined);
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}
/** Reads values until the end. @param begun called at each value; only the first call has an effect */
async function loopThrough(items, begun) {
  for await (const item of items) begun(item);
}

/** Each resolves when its loop has begun or its mirror is open. */
const waiting = [];
/** Each settles when its loop has ended. */
const ends = [];
for (let i = 0; i < 12; i++) {
  /** Starts a loop. @param loop gets a function, which it calls when it has begun, and returns a promise of its end */
  const start = (loop) => waiting.push(new Promise((begun) => ends.push(loop(begun))));
  start((begun) => loopThrough(session.follow({ lockstep: false }), begun));
  start((begun) => loopThrough(session.events({ from: 'beginning' }), begun));
  start((begun) => session.registerStream('AAA').feed(noBars(begun)));
  waiting.push(session.mirror());
}
await Promise.all(waiting);
const ended = Promise.allSettled(ends);
await barkeep.close();
for (const { reason } of await ended) if (!(reason instanceof ClientClosedError)) throw reason;
