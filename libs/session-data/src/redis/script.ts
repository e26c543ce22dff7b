/**
 * Runs a Lua script by its digest, and sends its text only when the server does not know it yet. ioredis sends a call
 * again when it lost the reply, so every script must leave the same state when it runs twice.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export type ScriptArgument = string | number | Uint8Array;

export class Script {
  private readonly sha: string;

  constructor(private readonly lua: string) {
    this.sha = createHash('sha1').update(lua).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return this.orSend(
      () => redis.evalsha(this.sha, keys.length, ...rest),
      () => redis.eval(this.lua, keys.length, ...rest),
    );
  }

  /** {@link run}, with buffers for texts in the answer. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return this.orSend(
      () => redis.callBuffer('EVALSHA', this.sha, keys.length, ...rest),
      () => redis.callBuffer('EVAL', this.lua, keys.length, ...rest),
    );
  }

  /**
   * {@link run}, and `read` in the same round trip. The server answers `read` after the script.
   * @returns both answers
   */
  async runThen<T>(
    redis: Redis,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    read: () => Promise<T>,
  ): Promise<[unknown, T]> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return this.orSend(
      () => Promise.all([redis.evalsha(this.sha, keys.length, ...rest), read()]),
      () => Promise.all([redis.eval(this.lua, keys.length, ...rest), read()]),
    );
  }

  private async orSend<T>(byDigest: () => Promise<T>, byText: () => Promise<T>): Promise<T> {
    try {
      return await byDigest();
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return byText();
    }
  }

  /**
   * The command for a transaction. It carries the script's text, because a transaction cannot try again when the server
   * does not know the script.
   */
  command(keys: readonly string[], args: readonly ScriptArgument[]): [string, ...ScriptArgument[]] {
    return ['eval', this.lua, keys.length, ...keys, ...args];
  }
}

/** A value that ioredis sends unchanged: bytes become a Buffer on the same memory. */
export function asRedisArgument(value: Uint8Array): Buffer;
export function asRedisArgument(value: ScriptArgument): string | number | Buffer;
export function asRedisArgument(value: ScriptArgument): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Raised for an unknown answer of a script: store and program are of different versions. */
export class ScriptReplyError extends Error {
  override readonly name = 'ScriptReplyError';
  constructor(script: string, reply: unknown) {
    super(`${script}: expected a known answer, was ${JSON.stringify(reply)}`);
  }
}
