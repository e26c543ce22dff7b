/**
 * An instance: a folder inside the data folder with the data of one start, and `instance.json`, which names its owner and its
 * servers.
 *
 * Guarantees: `instance.json` is written atomically and readable by its user only; at most one live process owns it. Does not
 * start or stop servers.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ServiceUrls } from '@barkeep/service';
import { z } from 'zod';
import { errorCode } from './errors.js';
import { isRunning, type ProcessMark } from './processes.js';

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

export const keptName = 'kept';

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
export interface RunningServices extends ServiceUrls {
  /** Process that owns the servers. */
  readonly pid: number;
  /** Values that the owner published. Another process wrote them, so check them before use. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** The instance with `keep: true` that runs in `dataDir` now; `undefined` when there is none or it is still starting. */
export function readRunning(dataDir: string): RunningServices | undefined {
  const state = readState(join(resolve(dataDir), keptName));
  if (state?.urls === undefined || !isRunning(state.owner)) return undefined;
  return { ...state.urls, pid: state.owner.pid, extra: state.extra };
}

function writeTemporary(folder: string, state: InstanceState): string {
  const path = join(folder, `.instance-${randomBytes(6).toString('hex')}`);
  writeFileSync(path, JSON.stringify(state, null, 2), { mode: 0o600, flush: false });
  return path;
}

/** Makes `state` the folder's first state; false when the folder already has one. */
export function claim(folder: string, state: InstanceState): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const written = writeTemporary(folder, state);
  try {
    linkSync(written, statePath(folder));
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

/** Removes the state of `owner`. Restores the state if another process has replaced it in the meantime. */
export function release(folder: string, owner: ProcessMark): void {
  const aside = join(folder, `.released-${randomBytes(6).toString('hex')}`);
  try {
    renameSync(statePath(folder), aside);
  } catch {
    return;
  }
  const taken = instanceState.safeParse(JSON.parse(readFileSync(aside, 'utf8'))).data;
  const isTheirs = taken && (taken.owner.pid !== owner.pid || taken.owner.startedAt !== owner.startedAt);
  if (isTheirs) linkSync(aside, statePath(folder));
  rmSync(aside, { force: true });
}
