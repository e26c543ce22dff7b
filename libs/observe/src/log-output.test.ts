/** I11 is an invariant of docs/ARCHITECTURE.md. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { openSync } from 'node:fs';
import { join } from 'node:path';
import { importingCode } from '../../../test/support/programs/compiled-module.js';
import { LogOutput } from './log-output.js';

const TURNS = 50;
const LINES_PER_TURN = 400;
const LINES = TURNS * LINES_PER_TURN;
const EXIT_CODE = 7;
/** Characters that may wait: less than a sixth of all lines. */
const WAITING_MAX = 300_000;

/**
 * Logs {@link LINES} lines, more than a pipe holds, in {@link TURNS} turns of the event loop, then prints `done` to stderr. When stdin
 * ends, logs one more line and ends with {@link EXIT_CODE}.
 */
const PROGRAM = `${importingCode(join(__dirname, 'log-output.ts'))}
  const output = new exported.LogOutput(1, ${WAITING_MAX});
  let turn = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < ${LINES_PER_TURN}; i++) output.write('line ' + 'x'.repeat(100) + '\\n');
    if (++turn < ${TURNS}) return;
    clearInterval(timer);
    process.stderr.write('done');
  }, 1);
  process.stdin.once('end', () => { output.write('the last line\\n'); process.exit(${EXIT_CODE}); }).resume();`;

/** Starts the program. @param stdout where its log goes: a pipe, or a file descriptor */
function start(stdout: 'pipe' | number) {
  return spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', stdout, 'pipe'] });
}

/** Waits until the program has logged its lines. */
async function logged({ stderr }: ReturnType<typeof start>): Promise<void> {
  const [text] = (await once(stderr!, 'data')) as [Buffer];
  expect(String(text)).toBe('done');
}

/** Lets the program end, and expects that nothing ends it earlier or in another way. */
async function expectNormalEnd(child: ReturnType<typeof start>): Promise<void> {
  child.stdin!.end();
  expect(await once(child, 'exit')).toEqual([EXIT_CODE, null]);
}

/** The number of lines that arrived whole or were reported as dropped. */
function linesOf(text: string): number {
  const arrived = text.match(/^line x{100}$/gm)?.length ?? 0;
  const reports = [...text.matchAll(/(\d+) lines of the log were dropped/g)];
  return reports.reduce((sum, [, dropped]) => sum + Number(dropped), arrived);
}

test('I11 a log whose pipe is not read does not block, and later reports how many lines it dropped', async () => {
  const child = start('pipe');
  await logged(child);
  let text = '';
  child.stdout!.on('data', (part: Buffer) => (text += String(part)));
  // Read everything before the program ends: the write at its exit could mix with a write that a thread has not finished.
  while (linesOf(text) < LINES) await once(child.stdout!, 'data');
  await expectNormalEnd(child);
  if (!child.stdout!.readableEnded) await once(child.stdout!, 'end');
  expect(linesOf(text)).toBe(LINES);
  expect(text).toMatch(/lines of the log were dropped/);
  expect(text).toMatch(/the last line\n$/);
});

test('I11 a log whose reader has ended does not end the process', async () => {
  const child = start('pipe');
  child.stdout!.destroy();
  await logged(child);
  await expectNormalEnd(child);
});

test('I11 a log on a full disk does not end the process', async () => {
  if (process.platform !== 'linux') return; // /dev/full exists only there
  const child = start(openSync('/dev/full', 'w'));
  await logged(child);
  await expectNormalEnd(child);
});

test('I11 a disk that stays full for several attempts does not change the number of dropped lines', () => {
  jest.useFakeTimers();
  const ATTEMPT_MS = 500; // time between two attempts
  const failedAttempts = 3;
  const texts: string[] = [];
  let attempts = 0;
  const write = jest.spyOn(fs, 'write').mockImplementation(((
    _fd: number,
    bytes: Buffer,
    done: (error: Error | null, written: number) => void,
  ) => {
    attempts++;
    if (attempts <= failedAttempts) {
      done(Object.assign(new Error('no space'), { code: 'ENOSPC' }), 0);
      return;
    }
    texts.push(bytes.toString());
    done(null, bytes.length);
  }) as never);
  const output = new LogOutput(1);
  for (let i = 0; i < 10; i++) output.write('a line\n');
  jest.advanceTimersByTime(1.4 * ATTEMPT_MS); // two attempts fail
  output.write('another line\n');
  jest.advanceTimersByTime(4 * ATTEMPT_MS);
  write.mockRestore();
  jest.useRealTimers();
  expect(texts.join('')).toContain('11 lines of the log were dropped'); // the 10 lines and the other one
});
