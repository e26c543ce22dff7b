/**
 * How commands are sent: a pipeline of reads, and Lua scripts. A script runs by its digest, and its text is sent only when the
 * server does not know it yet. ioredis sends a call again when it lost the reply, so every script must leave the same state
 * when it runs twice.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LUA } from './lua-texts.js';

/** A Redis command that only reads: its ioredis name, then its arguments. */
export type ReadCommand = (string | number)[];

/** Answers the replies in order; the first error among them is thrown. */
export async function runCommands(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  const results = (await redis.pipeline([...commands]).exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

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
    return this.send((command, script) => redis[command](script, keys.length, ...rest));
  }

  /** {@link run}, with buffers for texts in the answer. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return this.send((command, script) => redis.callBuffer(command, script, keys.length, ...rest));
  }

  /** {@link run}, and `read` in the same round trip, which the server answers after the script. @returns both answers */
  async runThen<T>(
    redis: Redis,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    read: () => Promise<T>,
  ): Promise<[unknown, T]> {
    const rest = [...keys, ...args.map(asRedisArgument)];
    return this.send((command, script) => Promise.all([redis[command](script, keys.length, ...rest), read()]));
  }

  private send<T>(call: (command: 'evalsha' | 'eval', script: string) => Promise<T>): Promise<T> {
    return orSend(
      () => call('evalsha', this.sha),
      () => call('eval', this.lua),
    );
  }

  /** The command for a transaction, with the script's text: a transaction cannot try again when the server does not know it. */
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
export function asRedisArgument(value: ScriptArgument): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/**
 * The same slots of many symbols with one command of a pipeline: bytes `[from, to)` of chunks of one partition; the reply is an array
 * of buffers in the order of the keys. The server has to know the script: after an error of {@link isScriptUnknown} the caller
 * runs {@link loadSlotsScript} and reads again.
 */
export function slotsCommand(keys: readonly string[], from: number, to: number): ReadCommand {
  return ['evalshaBuffer', SCRIPTS.readSlots.sha, keys.length, ...keys, from, to - 1];
}

export async function loadSlotsScript(redis: Redis): Promise<void> {
  await redis.script('LOAD', SCRIPTS.readSlots.lua);
}

/** Runs a pipeline that contains {@link slotsCommand}; loads the script first when the server does not know it. */
export async function runWithSlots(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  const run = () => runCommands(redis, commands);
  return orSend(run, async () => {
    await loadSlotsScript(redis);
    return run();
  });
}

/** Raised for an unknown answer of a script: store and program are of different versions. */
export class ScriptReplyError extends Error {
  override readonly name = 'ScriptReplyError';
  constructor(script: string, reply: unknown) {
    super(`${script}: expected a known answer, was ${JSON.stringify(reply)}`);
  }
}
