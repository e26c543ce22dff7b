/**
 * Runs a Lua script by its digest, and sends its text only when the server does not know it yet. ioredis sends a call
 * again when it lost the reply, so every script must leave the same state when it runs twice.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LUA } from './lua-texts.js';

export type ScriptArgument = string | number | Uint8Array;

export class Script {
  readonly sha: string;

  constructor(
    readonly name: string,
    readonly lua: string,
  ) {
    this.sha = createHash('sha1').update(lua).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return orSend(
      () => redis.evalsha(this.sha, keys.length, ...rest),
      () => redis.eval(this.lua, keys.length, ...rest),
    );
  }

  /** {@link run}, with buffers for texts in the answer. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return orSend(
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
    return orSend(
      () => Promise.all([redis.evalsha(this.sha, keys.length, ...rest), read()]),
      () => Promise.all([redis.eval(this.lua, keys.length, ...rest), read()]),
    );
  }

  /**
   * The command for a transaction. It carries the script's text, because a transaction cannot try again when the server
   * does not know the script.
   */
  command(keys: readonly string[], args: readonly ScriptArgument[]): [string, ...ScriptArgument[]] {
    return ['eval', this.lua, keys.length, ...keys, ...args];
  }
}

/** All scripts, by their names. */
export const SCRIPTS = Object.fromEntries(
  Object.entries(LUA).map(([name, lua]) => [name, new Script(name, lua)]),
) as Record<keyof typeof LUA, Script>;

/** Runs a call by digest, and another one when the server does not know the script. */
export async function orSend<T>(byDigest: () => Promise<T>, byText: () => Promise<T>): Promise<T> {
  try {
    return await byDigest();
  } catch (error) {
    if (!isScriptUnknown(error)) throw error;
    return byText();
  }
}

/** True when a call failed because the server restarted or its scripts were flushed. */
export function isScriptUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
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
