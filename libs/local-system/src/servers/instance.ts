/**
 * An instance: a folder inside the data folder with the data of one start, and `instance.json`, which names its owner and its servers.
 *
 * Guarantees: `instance.json` is written atomically and readable by its user only; at most one live process owns it.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode, type ServiceUrls } from '@barkeep/service';
import { z } from 'zod';
import { isRunning, type ProcessMark } from './processes.js';

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

/** Writes a state to a new file in the folder, which the caller links or renames. @returns its path @throws an error that leaves no file */
function writeTemporary(folder: string, state: InstanceState): string {
  const path = join(folder, `.instance-${randomBytes(6).toString('hex')}`);
  try {
    writeFileSync(path, JSON.stringify(state, null, 2), { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return path;
}

/** Makes `state` the first state of an existing folder; false when the folder already has one. */
export function claim(folder: string, state: InstanceState): boolean {
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
