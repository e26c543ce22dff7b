/** Sends pipelines of reads, and scripts. ioredis may send a script twice, which must leave the same state as one call. */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { LUA } from './lua-texts.js';

/** A Redis command that only reads: its ioredis name, then its arguments. */
export type ReadCommand = (string | number)[];

/** Runs the commands as one pipeline. @returns the replies in order @throws the first error among them */
export async function runCommands(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  const results = (await redis.pipeline([...commands]).exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

/** Runs the commands of all items as one pipeline. @returns for each item the replies to its commands @throws the first error */
export async function runGroups<T>(
  redis: Redis,
  items: readonly T[],
  commandsOf: (item: T) => ReadCommand[],
): Promise<unknown[][]> {
  const groups = items.map(commandsOf);
  const replies = (await runCommands(redis, groups.flat())).values();
  return groups.map((commands) => commands.map(() => replies.next().value));
}

/** An argument of a script. Bytes are sent without a conversion. */
export type ScriptArgument = string | number | Uint8Array;

export class Script {
  /** SHA-1 of the text: the digest by which Redis knows a script. */
  readonly sha: string;

  constructor(
    readonly name: string,
    readonly lua: string,
  ) {
    this.sha = createHash('sha1').update(lua).digest('hex');
  }

  /** Runs the script. @returns its answer @throws errors of Redis and of the script */
  async run(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return this.send(keys, args, (command, rest) => redis.call(command, rest));
  }

  /** {@link run} for a script that answers a list: its texts are bytes. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown[]> {
    return this.send(keys, args, (command, rest) => redis.callBuffer(command, rest)) as Promise<unknown[]>;
  }

  /** {@link run}, and in the same round trip `read`, which the server runs after the script. @returns both answers */
  async runThen<T>(
    redis: Redis,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    read: () => Promise<T>,
  ): Promise<[unknown, T]> {
    return this.send(keys, args, (command, rest) => Promise.all([redis.call(command, rest), read()]));
  }

  /** Calls by digest, or by text when the server does not have the script. @param call gets a command and its arguments as one list */
  private async send<T>(
    keys: readonly string[],
    args: readonly ScriptArgument[],
    call: (command: 'evalsha' | 'eval', rest: (string | number | Buffer)[]) => Promise<T>,
  ): Promise<T> {
    // A list, because a fill of many gaps has more arguments than JavaScript can pass to a function.
    const rest = [keys.length, ...keys, ...args.map(asRedisArgument)];
    try {
      return await call('evalsha', [this.sha, ...rest]);
    } catch (error) {
      if (!isScriptUnknown(error)) throw error;
      return call('eval', [this.lua, ...rest]);
    }
  }

  /** The command for a transaction. It has the script's text, because a transaction cannot repeat a call whose digest is unknown. */
  command(keys: readonly string[], args: readonly ScriptArgument[]): [string, ...ScriptArgument[]] {
    return ['eval', this.lua, keys.length, ...keys, ...args];
  }
}

/** All scripts, by their names. */
export const SCRIPTS = Object.fromEntries(
  Object.entries(LUA).map(([name, lua]) => [name, new Script(name, lua)]),
) as Record<keyof typeof LUA, Script>;

/** True when a call failed because the server restarted or its scripts were flushed. */
export function isScriptUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** The argument as ioredis sends it unchanged: bytes become a Buffer over the same memory. */
export function asRedisArgument(value: ScriptArgument): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Reads bytes `[from, to)` of chunks of one partition. After {@link isScriptUnknown} call {@link loadSlotsScript} and read again. */
export function slotsCommand(keys: readonly string[], from: number, to: number): ReadCommand {
  return ['evalshaBuffer', SCRIPTS.readSlots.sha, keys.length, ...keys, from, to - 1];
}

/** Loads the script of {@link slotsCommand} into the server. */
export async function loadSlotsScript(redis: Redis): Promise<void> {
  await redis.script('LOAD', SCRIPTS.readSlots.lua);
}

/** A script gave an unknown answer: the store and the program have different versions. */
export class ScriptReplyError extends Error {
  override readonly name = 'ScriptReplyError';
  constructor(script: string, reply: unknown) {
    super(`${script}: expected a known answer, was ${JSON.stringify(reply)}`);
  }
}
