import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const JEST = require.resolve('jest/bin/jest');
const REPORTER = join(__dirname, '../support/setup/skip-reporter.cjs');
const SKIPPED =
  "describe[`skip`]('real bars (skipped: there is no data)', () => test('one', () => {})); test('two', () => {});";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-skip-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs jest on one test file. @returns its standard error */
function runJest(...args: string[]): Promise<string> {
  writeFileSync(join(folder, 'some.test.js'), SKIPPED);
  const config = JSON.stringify({ rootDir: folder, transform: {}, reporters: ['default', REPORTER] });
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [JEST, '--config', config, ...args], { cwd: folder }, (error, _stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stderr),
    ),
  );
}

test.each([[[]], [['--forceExit']]])('the last line of a run with %j names what was skipped', async (args) => {
  expect((await runJest(...args)).trimEnd()).toMatch(/\nreal bars \(skipped: there is no data\)$/);
});
