/**
 * The user that a server runs as, and the folders outside the data folder that a server can use. PostgreSQL refuses to run as root,
 * so root starts it under another account.
 *
 * Guarantees: only the current user can write to a shared folder, so no other user can plant a program or a file there.
 */
import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataFolderError } from '../errors.js';

/** A user and its main group, by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account named `name` in the text of a passwd file. */
export function findAccount(passwd: string, name: string): Account | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return uid > 0 && gid >= 0 ? { uid, gid } : undefined;
}

/** The account to run PostgreSQL as: `undefined` for the current one; for root the user `postgres`, else the system's unprivileged user. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  return findAccount(passwd, 'postgres') ?? findAccount(passwd, 'nobody') ?? { uid: 65534, gid: 65534 };
}

/** True when `mode` lets an account pass through a folder of that owner and group. */
export function maySearch(folder: { uid: number; gid: number; mode: number }, account: Account): boolean {
  if (folder.uid === account.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === account.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}

/** True when the account can reach files in the existing folder `path`; always true for the current account. */
export function canReach(path: string, account: Account | undefined): boolean {
  if (account === undefined) return true;
  if (!maySearch(statSync(path), account)) return false;
  const parent = dirname(path);
  return parent === path || canReach(parent, account);
}

/** Creates a folder when it is missing, with mode 0755 whatever the umask. */
export function makeFolder(path: string): void {
  if (mkdirSync(path, { recursive: true }) !== undefined) chmodSync(path, 0o755);
}

/** Creates `path` when missing; true when it is a real folder that we own and may write in. */
function ownFolder(path: string): boolean {
  try {
    makeFolder(path);
    const found = lstatSync(path);
    const ours = process.getuid === undefined || found.uid === process.getuid();
    if (!found.isDirectory() || !ours || (found.mode & 0o022) !== 0) return false;
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function firstOwn(candidates: readonly string[], account?: Account): string {
  const found = candidates.find((path) => ownFolder(path) && canReach(path, account));
  if (found === undefined)
    throw new DataFolderError(`expected a folder to write in, was: none of ${candidates.join(', ')}`);
  return found;
}

const scratchName = `barkeep-${process.getuid?.() ?? 'user'}`;

/** The cache folder for fetched programs, shared by all checkouts of this user. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const home =
    env['XDG_CACHE_HOME'] || (env['HOME'] === undefined ? undefined : join(env['HOME'] || homedir(), '.cache'));
  const candidates = home === undefined ? [] : [join(home, 'barkeep')];
  return firstOwn([...candidates, join(tmpdir(), scratchName)]);
}

/** A folder outside every home folder that `account` can reach. @param lasting true for data that must survive a reboot */
export function reachableFolder(account: Account | undefined, lasting: boolean): string {
  const roots = lasting ? ['/var/tmp', tmpdir(), '/tmp'] : [tmpdir(), '/tmp', '/var/tmp'];
  const candidates = roots.map((root) => join(root, scratchName));
  return firstOwn(candidates, account);
}
