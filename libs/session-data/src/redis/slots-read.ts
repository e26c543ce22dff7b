/**
 * Reads the same slots of many symbols with one command of a pipeline. The server has to know the script: after an error
 * of {@link isScriptUnknown} the caller runs {@link loadSlotsScript} and reads again.
 */
import type { Redis } from 'ioredis';
import { type ReadCommand, runCommands } from './pipeline.js';
import { orSend, SCRIPTS } from './script.js';

/** Bytes `[from, to)` of chunks of one partition; the reply is an array of buffers in the order of the keys. */
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
