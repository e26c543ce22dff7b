/**
 * Reads the same slots of many symbols with one command of a pipeline. The server has to know the script: after an error
 * of {@link isScriptUnknown} the caller runs {@link loadSlotsScript} and reads again.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ReadCommand } from './read-command.js';
import { runCommands } from './pipeline.js';
import { LUA } from './lua-texts.js';

const SHA = createHash('sha1').update(LUA.readSlots).digest('hex');

/** Bytes `[from, to)` of chunks of one partition; the reply is an array of buffers in the order of the keys. */
export function slotsCommand(keys: readonly string[], from: number, to: number): ReadCommand {
  return ['evalshaBuffer', SHA, keys.length, ...keys, from, to - 1];
}

/** Loads the script into the server. */
export async function loadSlotsScript(redis: Redis): Promise<void> {
  await redis.script('LOAD', LUA.readSlots);
}

/** True when a read failed because the server restarted or its scripts were flushed. */
export function isScriptUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Runs a pipeline that contains {@link slotsCommand}; loads the script first when the server does not know it. */
export async function runWithSlots(redis: Redis, commands: readonly ReadCommand[]): Promise<unknown[]> {
  const run = () => runCommands(redis, commands);
  try {
    return await run();
  } catch (error) {
    if (!isScriptUnknown(error)) throw error;
    await loadSlotsScript(redis);
    return run();
  }
}
