/**
 * An instance: a folder inside the data folder with the data of one start, and `instance.json`, which names its owner and its
 * servers. Cleans up after owners that died without stopping their servers.
 *
 * Guarantees: `instance.json` is written atomically and readable by its user only; at most one live process owns it. A server is
 * stopped only when its start time and command line match the record and its owner is gone; kept data are never removed.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode, type ServiceUrls } from '@barkeep/service';
import { z } from 'zod';
import { endServer, isOurServer, isRunning, type ProcessMark } from './processes.js';

/** A folder without a state is removed after this time. */
const ABANDONED_AFTER_MS = 60_000;
/** Time that a server of a dead owner gets to end in order before it is killed. */
const GRACE_MS = 10_000;
/** A {@link ProcessMark}. */
const mark = z.object({ pid: z.int(), startedAt: z.string() });

const instanceState = z.object({
  owner: mark,
  /** True when the data outlives a stop. */
  keep: z.boolean(),
  /** Folder of the PostgreSQL data: the instance folder, or one that root's PostgreSQL account can reach. */
  place: z.string(),
  servers: z.array(mark.extend({ name: z.string(), proof: z.string() })),
  /** Set once every server answers. */
  urls: z.object({ redisUrl: z.string(), sessionRedisUrl: z.string(), databaseUrl: z.string() }).optional(),
  /** Values that the owner published, such as the coordinator's address. */
  extra: z.record(z.string(), z.unknown()),
});
export type InstanceState = Readonly<z.output<typeof instanceState>>;

/** Receives a line for the user. */
export type Log = (line: string) => void;

/** Name of the folder, within the data folder, of the instance whose data are kept. */
export const KEPT_NAME = 'kept';
/** Start of the names of all other instance folders. */
export const TEMPORARY_PREFIX = 'run-';

function statePath(folder: string): string {
  return join(folder, 'instance.json');
}

/** The state in `folder`; `undefined` when it is missing or invalid. */
export function readState(folder: string): InstanceState | undefined {
  try {
    return instanceState.safeParse(JSON.parse(readFileSync(statePath(folder), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** A live instance, as its owner describes it. */
interface RunningServices extends ServiceUrls {
  /** Process that owns the servers. */
  readonly pid: number;
  /** Values that the owner published. Another process wrote them, so check them before use. */
  readonly extra: InstanceState['extra'];
}

/** The instance with `keep: true` that runs in `dataDir` now; `undefined` when there is none or it is still starting. */
export function readRunning(dataDir: string): RunningServices | undefined {
  const state = readState(join(resolve(dataDir), KEPT_NAME));
  if (state?.urls === undefined || !isRunning(state.owner)) return undefined;
  return { ...state.urls, pid: state.owner.pid, extra: state.extra };
}

/** Writes a state to a new file in the folder, which the caller links or renames. @returns its path */
function writeTemporary(folder: string, state: InstanceState): string {
  const path = join(folder, `.instance-${randomBytes(6).toString('hex')}`);
  writeFileSync(path, JSON.stringify(state, null, 2), { mode: 0o600 });
  return path;
}

/** Makes `state` the folder's first state; false when the folder already has one. */
export function claim(folder: string, state: InstanceState): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const written = writeTemporary(folder, state);
  try {
    linkSync(written, statePath(folder)); // unlike a rename, a link fails when the name exists
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(written, { force: true });
  }
}

/** Replaces the state; only its owner may call this. */
export function updateState(folder: string, state: InstanceState): void {
  renameSync(writeTemporary(folder, state), statePath(folder));
}

/** Removes the state of `owner`. Keeps a state that belongs to another owner: another process may have replaced it. */
export function release(folder: string, owner: ProcessMark): void {
  const aside = join(folder, `.released-${randomBytes(6).toString('hex')}`);
  try {
    renameSync(statePath(folder), aside);
  } catch {
    return;
  }
  // The state is moved first and read then, so that no other process can replace it in between.
  const moved = instanceState.safeParse(JSON.parse(readFileSync(aside, 'utf8'))).data;
  const isOfAnother = moved && (moved.owner.pid !== owner.pid || moved.owner.startedAt !== owner.startedAt);
  if (isOfAnother) linkSync(aside, statePath(folder));
  rmSync(aside, { force: true });
}

/**
 * Ends the ownership of an instance. Kept data stay. Other data are removed before the folder that names them, so that the
 * next sweep finds data that could not be removed.
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

/** True for a folder that no start has just made: a start writes its state within moments. */
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
