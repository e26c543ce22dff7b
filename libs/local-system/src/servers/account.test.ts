import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, findAccount, maySearch } from './account.js';

/** The text of a passwd file: for each account its name, uid and gid, and further fields. */
const PASSWD = `root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534::/:/bin/false
postgres:x:101:104::/var:/bin/bash
`;

test('an account is found by its whole name, and never root', () => {
  expect(findAccount(PASSWD, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(findAccount(PASSWD, 'post')).toBeUndefined();
  expect(findAccount(PASSWD, 'root')).toBeUndefined();
});

test('the execute bit of the owner, of the group or of others decides who may pass through a folder', () => {
  const folder = { uid: 1, gid: 2 };
  const owner = { uid: 1, gid: 2 };
  const member = { uid: 9, gid: 2 };
  const other = { uid: 9, gid: 9 };
  expect(maySearch({ ...folder, mode: 0o700 }, owner)).toBe(true);
  expect(maySearch({ ...folder, mode: 0o077 }, owner)).toBe(false); // though its group and others may
  expect(maySearch({ ...folder, mode: 0o710 }, member)).toBe(true);
  expect(maySearch({ ...folder, mode: 0o710 }, other)).toBe(false);
  expect(maySearch({ ...folder, mode: 0o711 }, other)).toBe(true);
});

test('a folder is out of reach when one of its parents is', () => {
  const stranger = { uid: 4_000_000, gid: 4_000_000 };
  const closed = mkdtempSync(join(tmpdir(), 'barkeep-account-')); // only this user may enter it
  try {
    const inside = join(closed, 'inside');
    mkdirSync(inside, { mode: 0o777 });
    expect(canReach(inside, stranger)).toBe(false);
    expect(canReach(closed, stranger)).toBe(false);
    expect(canReach(closed, undefined)).toBe(true); // this user
    expect(canReach('/', stranger)).toBe(true);
  } finally {
    rmSync(closed, { recursive: true });
  }
});
