/** Connections on which scripts fail, or are sent twice. The product sends each script by `call`. */
import type { Redis } from 'ioredis';

/** A connection on which the first `scripts` scripts run, and each later one fails. */
export function failingAfter(redis: Redis, scripts: number): Redis {
  let left = scripts;
  return new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'call') return value.bind(target) as unknown;
      return (...args: unknown[]) => {
        if (left-- <= 0) throw new Error('cut short');
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

/** A connection that sends each script twice, as after a lost reply, and returns the second reply. @param between runs in between */
export function sendingTwice(redis: Redis, between: () => Promise<void> = () => Promise.resolve()): Redis {
  return new Proxy(redis, {
    get(target, name) {
      if (name !== 'call') return Reflect.get(target, name) as unknown;
      return async (command: string, args: string[]) => {
        await target.call(command, args);
        await between();
        return target.call(command, args);
      };
    },
  });
}
