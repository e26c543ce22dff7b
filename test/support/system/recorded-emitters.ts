/**
 * Records each emitter that our code makes when it connects or starts, and checks that it has a listener for `error`: an `error` event
 * without a listener ends the process. Recording begins when a test imports this file.
 */
import diagnostics from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { QueueBase, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/** The recorded emitters, and the kind of each; a test may clear them. */
export const emitters = new Map<EventEmitter, string>();
/** Streams of COPY statements. */
export const copyStreams: EventEmitter[] = [];

/** Records each emitter of a class when this method is called on it. The method itself still runs. */
function recordAt<T extends EventEmitter>(type: { prototype: T; name: string }, method: keyof T & string): void {
  const original = type.prototype[method] as (...values: unknown[]) => unknown;
  const recorded = function (this: T, ...values: unknown[]): unknown {
    emitters.set(this, `${type.name} (${method})`);
    return original.apply(this, values);
  };
  type.prototype[method] = recorded as T[keyof T & string];
}

recordAt(Redis, 'connect');
recordAt(Client, 'connect');
recordAt(QueueBase, 'waitUntilReady');
recordAt(Worker, 'run');
recordAt(Server, 'listen');

// Both channels publish in the constructor, before the caller can add a listener. So these emitters are recorded a turn later.
diagnostics.subscribe('child_process', (message) => {
  const child = (message as { process: EventEmitter }).process;
  void turn().then(() => emitters.set(child, 'child process'));
});
diagnostics.subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket };
  void turn().then(() => emitters.set(socket, 'socket'));
  socket.once('close', () => emitters.delete(socket));
});

// For a COPY statement of pg-copy-streams `query` returns a stream. This replacement of `query` records it.
const { query } = Client.prototype as { query: (...values: unknown[]) => unknown };
(Client.prototype as { query: unknown }).query = function (this: Client, ...values: unknown[]): unknown {
  const result = query.apply(this, values);
  if (result instanceof EventEmitter) {
    copyStreams.push(result);
    // The caller adds its listeners as soon as `query` has returned.
    queueMicrotask(() => expectListener(result));
  }
  return result;
};

export function expectListener(emitter: EventEmitter): void {
  expect(emitter.listenerCount('error')).toBeGreaterThan(0);
}

/** Checks that every live recorded emitter has a listener for `error`. @param phase names the moment in a failure */
export function expectListeners(phase: string): void {
  // A Redis client that ended emits nothing more, and BullMQ then removes its listeners.
  const live = [...emitters].filter(([emitter]) => !(emitter instanceof Redis && emitter.status === 'end'));
  const withoutListener = live.filter(([emitter]) => emitter.listenerCount('error') === 0).map(([, kind]) => kind);
  expect({ phase, withoutListener }).toEqual({ phase, withoutListener: [] });
}

/** The number of recorded emitters of a kind. */
export function countOf(kind: string): number {
  return [...emitters.values()].filter((found) => found === kind).length;
}
