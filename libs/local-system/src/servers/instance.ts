/**
 * An instance: a folder inside the data folder with the data of one start, and `instance.json`, which names its owner and its
 * servers.
 *
 * Guarantees: `instance.json` is written atomically and readable by its user only; at most one live process owns it. Does not
 * start or stop servers.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceUrls } from '@barkeep/service';
import { errorCode } from './caught.js';
import type { ProcessMark, ServerMark } from './processes.js';

/** The content of `instance.json`. */
export interface InstanceState {
  readonly owner: ProcessMark;
  /** True when the data outlives a stop. */
  readonly keep: boolean;
  /** Folder of the PostgreSQL data: the instance folder, or one that root's PostgreSQL account can reach. */
  readonly place: string;
  readonly servers: readonly ServerMark[];
  /** Set once every server answers. */
  readonly urls?: ServiceUrls | undefined;
  /** Values that the owner published, such as the coordinator's address. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Name of the instance folder whose data is kept. */
export const keptName = 'kept';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMark(value: unknown): value is ProcessMark {
  return isRecord(value) && Number.isSafeInteger(value['pid']) && typeof value['startedAt'] === 'string';
}

function isServer(value: unknown): value is ServerMark {
  return (
    isMark(value) &&
    'name' in value &&
    typeof value.name === 'string' &&
    'proof' in value &&
    typeof value.proof === 'string'
  );
}

function isUrls(value: unknown): value is ServiceUrls {
  return (
    isRecord(value) && ['redisUrl', 'sessionRedisUrl', 'databaseUrl'].every((key) => typeof value[key] === 'string')
  );
}

/** True when `value` has the shape of an instance file. */
export function isInstanceState(value: unknown): value is InstanceState {
  if (!isRecord(value) || !isMark(value['owner']) || !isRecord(value['extra'])) return false;
  const servers = value['servers'];
  const urlsFit = value['urls'] === undefined || isUrls(value['urls']);
  return (
    typeof value['keep'] === 'boolean' &&
    typeof value['place'] === 'string' &&
    Array.isArray(servers) &&
    servers.every(isServer) &&
    urlsFit
  );
}

function statePath(folder: string): string {
  return join(folder, 'instance.json');
}

/** The state in `folder`; `undefined` when it is missing or invalid. */
export function readState(folder: string): InstanceState | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(statePath(folder), 'utf8'));
    return isInstanceState(value) ? value : undefined;
  } catch {
    return undefined;
  }
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
  const taken: unknown = JSON.parse(readFileSync(aside, 'utf8'));
  const theirs = isInstanceState(taken) && (taken.owner.pid !== owner.pid || taken.owner.startedAt !== owner.startedAt);
  if (theirs) linkSync(aside, statePath(folder));
  rmSync(aside, { force: true });
}
