/**
 * Makes folders, and finds two outside the project: one for fetched programs, which all checkouts share, and one for data when PostgreSQL's
 * account cannot reach the project. Guarantees: only this user can write in these two, so no other can put a program there.
 */
import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from '@barkeep/service';
import { DataFolderError } from '../errors.js';
import { type Account, canReach } from './account.js';

/**
 * Creates a folder, and those above it, when they are missing. In /proc it throws; Node's mkdir with `recursive` never ends there.
 * @returns whether the folder was missing
 */
export function makeMissingFolder(path: string): boolean {
  if (!existsSync(dirname(path))) makeMissingFolder(dirname(path));
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && statSync(path).isDirectory()) return false;
    throw error;
  }
}

/** Creates a folder when it is missing, with mode 0755 under any umask. */
export function makeFolder(path: string): void {
  if (makeMissingFolder(path)) chmodSync(path, 0o755);
}

/** Lets all users read a folder and its files, and run the programs in it. With a strict umask npm installs files for its user only. */
export function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** True when `path` is a real folder that this user owns and that only this user can write in. */
function isOwnFolder(path: string): boolean {
  try {
    const found = lstatSync(path);
    const isOurs = process.getuid === undefined || found.uid === process.getuid();
    if (!found.isDirectory() || !isOurs || (found.mode & 0o022) !== 0) return false;
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The first folder that is this user's own and that `account` can reach; creates missing ones.
 * @param account the one that PostgreSQL runs as; undefined: that of this process @throws DataFolderError for none
 */
function firstOwn(candidates: readonly string[], account?: Account): string {
  const found = candidates.find((path) => {
    try {
      makeFolder(path);
    } catch {
      return false; // a parent is read-only, or no folder
    }
    return isOwnFolder(path) && canReach(path, account);
  });
  if (found === undefined)
    throw new DataFolderError(`expected a folder to write in, was: none of ${candidates.join(', ')}`);
  return found;
}

/** Name of this user's folder in a folder that all users share, such as /tmp. */
const SCRATCH_NAME = `barkeep-${process.getuid?.() ?? 'user'}`;

/** Folders for the cache, the preferred one first. */
function cacheCandidates(env: NodeJS.ProcessEnv): string[] {
  const caches = env['XDG_CACHE_HOME'] || (env['HOME'] && join(env['HOME'], '.cache'));
  return [...(caches ? [join(caches, 'barkeep')] : []), join(tmpdir(), SCRATCH_NAME)];
}

/** The cache folder for fetched programs, shared by all checkouts of this user; creates it. @throws DataFolderError */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return firstOwn(cacheCandidates(env));
}

/** The cache folder if there is one; creates none. */
export function existingCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  return cacheCandidates(env).find(isOwnFolder);
}

/**
 * A folder outside all home folders, which `account` can reach.
 * @param lasting whether its data must survive a reboot @throws DataFolderError
 */
export function reachableFolder(account: Account | undefined, lasting: boolean): string {
  const roots = lasting ? ['/var/tmp', tmpdir(), '/tmp'] : [tmpdir(), '/tmp', '/var/tmp'];
  const candidates = roots.map((root) => join(root, SCRATCH_NAME));
  return firstOwn(candidates, account);
}
