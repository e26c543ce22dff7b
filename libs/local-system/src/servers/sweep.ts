/**
 * Cleans up after owners that died without stopping their servers.
 *
 * Guarantees: stops a server only when its start time and command line match the record, and only when its owner is gone;
 * never removes kept data.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { keptName, readState, release, type InstanceState } from './instance.js';
import { endServer, isOurServer, isRunning } from './processes.js';

const abandonedMs = 60_000;
const graceMs = 10_000;

/** Removes a folder with its content; leaves what cannot be removed for the next sweep. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // another start removes the same folder, or it belongs to another user
  }
}

/** Stops the servers that a dead owner left running, then removes its data unless they are kept. */
export async function sweepInstance(folder: string, state: InstanceState, log: (line: string) => void): Promise<void> {
  const left = state.servers.filter(isOurServer);
  if (left.length > 0)
    log(`stopping ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}, left by process ${state.owner.pid}`);
  await Promise.all(left.map((server) => endServer(server, graceMs)));
  if (state.keep) return release(folder, state.owner);
  removeFolder(state.place);
  removeFolder(folder);
}

function isAbandoned(folder: string): boolean {
  try {
    return Date.now() - statSync(folder).mtimeMs > abandonedMs;
  } catch {
    return false;
  }
}

/** Sweeps every instance in `dataDir` whose owner is gone. */
export async function sweep(dataDir: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(dataDir)) return;
  const names = readdirSync(dataDir).filter((name) => name === keptName || name.startsWith('run-'));
  const sweepOne = async (folder: string): Promise<void> => {
    const state = readState(folder);
    if (state !== undefined && !isRunning(state.owner)) await sweepInstance(folder, state, log);
    if (state === undefined && !folder.endsWith(keptName) && isAbandoned(folder)) removeFolder(folder);
  };
  await Promise.all(names.map((name) => sweepOne(join(dataDir, name))));
}
