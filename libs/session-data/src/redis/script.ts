/**
 * Runs a Lua script by its digest, and sends its text only when the server does not know it yet. ioredis re-sends a
 * call whose reply was lost, so every script must leave the same state when it is run twice.
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
    try {
      return await redis.evalsha(this.sha, keys.length, ...rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.lua, keys.length, ...rest);
    }
  }

  /**
   * The command that runs it, for a transaction: with its text, since in a transaction there is no second try when the server turns
   * out not to know it.
   */
  command(keys: readonly string[], args: readonly ScriptArgument[]): [string, ...ScriptArgument[]] {
    return ['eval', this.lua, keys.length, ...keys, ...args];
  }
}

/** What ioredis sends as it is: a view of the same bytes. */
export function asRedisArgument(value: Uint8Array): Buffer;
export function asRedisArgument(value: ScriptArgument): string | number | Buffer;
export function asRedisArgument(value: ScriptArgument): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Raised when a script answers something it never should: store and program do not fit together. */
export class ScriptReplyError extends Error {
  override readonly name = 'ScriptReplyError';
  constructor(script: string, reply: unknown) {
    super(`${script}: expected a known answer, was ${JSON.stringify(reply)}`);
  }
}
