/** Tests the lock with which `npm run demo` and `npm test` wait for another process that prepares the checkout. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const MODULE = pathToFileURL(join(__dirname, '../../scripts/folder-lock.mjs')).href;

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Runs a program that takes the lock `times` times, and checks each time that no other process has it.
 * @param afterwards a statement that the program runs each time that it has freed the lock
 */
async function takeInOtherProcess(times: number, afterwards = ''): Promise<void> {
  const program = `
    import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(MODULE)};
    const [lock, times] = process.argv.slice(1);
    const work = () => {
      writeFileSync(lock + '-work', '', { flag: 'wx' }); // fails when the file exists
      for (const end = performance.now() + 0.5; performance.now() < end; ); // time for another process to come in
      rmSync(lock + '-work');
    };
    for (let i = 0; i < times; i++) {
      await withLock(lock, work, 0);
      ${afterwards}
    }`;
  const args = ['--input-type=module', '--eval', program, lock, String(times)];
  await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
}

test('processes that wait for the lock at the same time get it one after another, and leave nothing', async () => {
  await Promise.all([takeInOtherProcess(300), takeInOtherProcess(300)]);
  expect(readdirSync(folder)).toEqual([]);
});

const { pid: endedPid } = spawnSync(process.execPath, ['--version']);

test('processes that find a lock of a killed one at the same time take it over one after another', async () => {
  const leaveLock = `
    const dead = mkdtempSync(lock + '-dead');
    writeFileSync(dead + '/${endedPid}-x', '');
    try { renameSync(dead, lock); } catch { rmSync(dead, { recursive: true }); } // the other process has the lock`;
  await Promise.all(Array.from({ length: 4 }, () => takeInOtherProcess(200, leaveLock)));
  await takeInOtherProcess(1);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['of a process that was killed', [`${endedPid}-x`]],
  ['of an earlier version', ['pid']],
  ['without a file', []],
])('a lock %s is taken over', async (_name, files) => {
  mkdirSync(lock);
  for (const name of files) writeFileSync(join(lock, name), '');
  await takeInOtherProcess(1);
  expect(readdirSync(folder)).toEqual([]);
});

/** Waits until other processes have tried 20 times to take the lock. Each attempt makes a folder beside the lock. */
async function attempts(): Promise<void> {
  const made = new Set<string>();
  for await (const { filename } of watch(folder)) {
    if (filename?.startsWith('lock.')) made.add(filename);
    if (made.size === 20) return;
  }
}

test('a lock of a process that runs is not taken', async () => {
  mkdirSync(lock);
  const owner = `${process.pid}-x`;
  writeFileSync(join(lock, owner), '');
  const attempted = attempts();
  const taking = takeInOtherProcess(1);
  await attempted;
  expect(readdirSync(lock)).toEqual([owner]);
  rmSync(join(lock, owner)); // frees the lock
  await taking;
  expect(readdirSync(folder)).toEqual([]);
});
