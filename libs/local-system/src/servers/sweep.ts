/**
 * Ends instances, and cleans up after owners that died without stopping their servers.
 *
 * Guarantees: a server is stopped only when its start time and command line match the record and its owner is gone; kept data
 * are never removed.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type InstanceState, KEPT_NAME, type Log, readState, release, TEMPORARY_PREFIX } from './instance.js';
import { endServer, isOurServer, isRunning } from './processes.js';

/** A folder without a state is removed after this time. */
const ABANDONED_AFTER_MS = 60_000;
/** Time that a server of a dead owner gets to end in order before it is killed. */
const GRACE_MS = 10_000;

/**
 * Ends the ownership of an instance. Kept data stay. Other data are removed first, and the folder with their record last: if this
 * process dies in between, the next sweep still finds them.
 */
export function closeInstance(folder: string, { owner, keep, place }: InstanceState): void {
  if (keep) return release(folder, owner);
  for (const path of [place, folder]) removeFolder(path);
}

/** Removes a folder with its content. Does not throw: a later sweep removes what remains. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // Another start removes the same folder, or it belongs to another user.
  }
}

/** Stops the servers that a dead owner left running, then removes its data unless they are kept. */
export async function sweepInstance(folder: string, state: InstanceState, log: Log): Promise<void> {
  const running = state.servers.filter(isOurServer);
  const names = running.map(({ name, pid }) => `${name} (${pid})`).join(', ');
  if (running.length > 0) log(`stopping ${names}, left by process ${state.owner.pid}`);
  await Promise.all(running.map((server) => endServer(server, GRACE_MS)));
  closeInstance(folder, state);
}

/** True for a folder without a state that is too old to belong to a start in progress. */
function isAbandoned(folder: string): boolean {
  try {
    return Date.now() - statSync(folder).mtimeMs > ABANDONED_AFTER_MS;
  } catch {
    return false;
  }
}

/** Sweeps every instance in `dataDir` whose owner is gone, and removes abandoned folders. */
export async function sweep(dataDir: string, log: Log): Promise<void> {
  if (!existsSync(dataDir)) return;
  const names = readdirSync(dataDir).filter((name) => name === KEPT_NAME || name.startsWith(TEMPORARY_PREFIX));
  const sweepOne = async (folder: string): Promise<void> => {
    const state = readState(folder);
    if (state !== undefined && !isRunning(state.owner)) await sweepInstance(folder, state, log);
    if (state === undefined && !folder.endsWith(KEPT_NAME) && isAbandoned(folder)) removeFolder(folder);
  };
  await Promise.all(names.map((name) => sweepOne(join(dataDir, name))));
}
