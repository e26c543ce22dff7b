import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, findAccount, maySearch } from './account.js';

/** The text of a passwd file. */
const passwd =
  'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/var:/bin/bash\n';
const stranger = { uid: 4_000_000, gid: 4_000_000 };

test('an account is found by its whole name, and never root', () => {
  expect(findAccount(passwd, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(findAccount(passwd, 'post')).toBeUndefined();
  expect(findAccount(passwd, 'root')).toBeUndefined();
});

test('the execute bit of the owner, of the group or of others decides who may pass through a folder', () => {
  const folder = { uid: 1, gid: 2 };
  expect(maySearch({ ...folder, mode: 0o700 }, { uid: 1, gid: 9 })).toBe(true);
  expect(maySearch({ ...folder, mode: 0o077 }, { uid: 1, gid: 2 })).toBe(false);
  expect(maySearch({ ...folder, mode: 0o710 }, { uid: 9, gid: 2 })).toBe(true);
  expect(maySearch({ ...folder, mode: 0o710 }, { uid: 9, gid: 9 })).toBe(false);
  expect(maySearch({ ...folder, mode: 0o711 }, { uid: 9, gid: 9 })).toBe(true);
});

test('a folder is out of reach when one of its parents is', () => {
  const closed = mkdtempSync(join(tmpdir(), 'barkeep-account-'));
  try {
    expect(canReach(closed, stranger)).toBe(false);
    expect(canReach(closed, undefined)).toBe(true);
    expect(canReach('/', stranger)).toBe(true);
  } finally {
    rmSync(closed, { recursive: true });
  }
});
