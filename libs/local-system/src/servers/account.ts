/** Decides which user a server runs as: PostgreSQL refuses to run as root, so root needs another one. Changes no file and no process. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A user and its main group, by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account named `name` in the text of a passwd file; `undefined` when it has none, or when its user is root. */
export function findAccount(passwd: string, name: string): Account | undefined {
  const line = passwd.split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  const fields = line?.split(':'); // name:password:uid:gid:…
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return uid > 0 && gid >= 0 ? { uid, gid } : undefined;
}

/** The account to run PostgreSQL as. Undefined means the current one. Root gets `postgres`, or else `nobody`. */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8') : '';
  return findAccount(passwd, 'postgres') ?? findAccount(passwd, 'nobody') ?? { uid: 65534, gid: 65534 };
}

/** True when an account may pass through a folder: the execute bit of the owner, the group, or others decides. */
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
