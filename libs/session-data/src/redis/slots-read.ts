/**
 * Reads the same slots of many symbols in one command of a pipeline. The script has to be known to the server: a read that
 * fails with {@link isScriptUnknown} is run again after {@link loadSlotsScript}.
 */
import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { ReadCommand } from './read-command.js';
import { runCommands } from './pipeline.js';
import { LUA } from './lua-texts.js';

const SHA = createHash('sha1').update(LUA.readSlots).digest('hex');

/** Bytes `[from, to)` of chunks of one partition; its reply is an array of buffers in the order of the keys. */
export function slotsCommand(keys: readonly string[], from: number, to: number): ReadCommand {
  return ['evalshaBuffer', SHA, keys.length, ...keys, from, to - 1];
}

/** Makes the script known to the server. */
export async function loadSlotsScript(redis: Redis): Promise<void> {
  await redis.script('LOAD', LUA.readSlots);
}

/** Whether a read failed because the server was started anew, or its scripts were flushed. */
export function isScriptUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Runs a pipeline with {@link slotsCommand} in it, with the script's text once where the server does not know it. */
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
