/** Connections on which scripts fail, are delayed, or are sent twice. The product sends each script by `call`. */
import type { Redis } from 'ioredis';

/** A connection on which the first `scripts` scripts run, and each later one fails. */
export function failingAfter(redis: Redis, scripts: number): Redis {
  let left = scripts;
  return callingBy(redis, async (command, args) => {
    if (left-- <= 0) throw new Error('cut short');
    return redis.call(command, args);
  });
}

/** A connection that runs `action` after the first `scripts` scripts, before it sends the next one. */
export function interruptedAfter(redis: Redis, scripts: number, action: () => Promise<void>): Redis {
  let left = scripts;
  return callingBy(redis, async (command, args) => {
    if (left-- === 0) await action();
    return redis.call(command, args);
  });
}

/** A connection that sends each script twice, as after a lost reply, and returns the second reply. @param between runs in between */
export function sendingTwice(redis: Redis, between: () => Promise<void> = () => Promise.resolve()): Redis {
  return callingBy(redis, async (command, args) => {
    await redis.call(command, args);
    await between();
    return redis.call(command, args);
  });
}

/** The connection with another `call`. */
function callingBy(redis: Redis, call: (command: string, args: string[]) => Promise<unknown>): Redis {
  return new Proxy(redis, {
    get(target, name) {
      const value: unknown = name === 'call' ? call : Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
