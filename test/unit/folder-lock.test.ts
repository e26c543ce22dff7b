/** Tests the lock with which `npm run demo` and `npm test` wait for another process that prepares the checkout. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** Runs a program that takes the lock `times` times, and checks each time that no other process has it. */
async function takeInOtherProcess(times: number): Promise<void> {
  const program = `
    import { rmSync, writeFileSync } from 'node:fs';
    import { withLock } from ${JSON.stringify(MODULE)};
    const [lock, times] = process.argv.slice(1);
    const work = () => {
      writeFileSync(lock + '-work', '', { flag: 'wx' }); // fails when the file exists
      rmSync(lock + '-work');
    };
    for (let i = 0; i < times; i++) await withLock(lock, work, 0);`;
  const args = ['--input-type=module', '--eval', program, lock, String(times)];
  await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
}

test('processes that wait for the lock at the same time get it one after another, and leave nothing', async () => {
  await Promise.all([takeInOtherProcess(300), takeInOtherProcess(300)]);
  expect(readdirSync(folder)).toEqual([]);
});

const { pid: endedPid } = spawnSync(process.execPath, ['--version']);
test.each([
  ['of a process that was killed', { pid: String(endedPid) }],
  ['whose file is empty after a loss of power', { pid: '' }],
  ['without a file', {}],
])('a lock %s is taken over', async (_name, files) => {
  mkdirSync(lock);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(lock, name), content);
  await takeInOtherProcess(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock of a process that runs is not taken', async () => {
  mkdirSync(lock);
  writeFileSync(join(lock, 'pid'), String(process.pid));
  const taking = takeInOtherProcess(1);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(readdirSync(lock)).toEqual(['pid']);
  rmSync(lock, { recursive: true });
  await taking;
  expect(readdirSync(folder)).toEqual([]);
});
