/** Wrong usage of commands, and commands that start no server. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BARKEEP } from '../support/programs/barkeep-command.js';
import { CommandFolder } from '../support/programs/command-folder.js';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';
import type { ProgramRun } from '../support/programs/run-program.js';

const { PATH, HOME } = process.env;
const project = new CommandFolder();

describe('wrong usage', () => {
  it.each([
    [['wrong'], "unknown command 'wrong'"],
    [['status', '--wrong'], "unknown option '--wrong'"],
    [['status', '--coordinator', 'nowhere'], 'expected the coordinator'],
    [['export', 'x', '--json'], 'expected --out too'],
    [['bars', 'x', 'SPY', '--from', '2024-03-04'], 'expected both --from and --to'],
    [['events', 'x', '--types', 'state,repository-failed'], '--types: expected some of clock, day-opened'],
    [['up', '--workers', '-1'], '--workers: expected a whole number'],
    [['pack', 'x', '--interval', '7'], '--interval: '],
    [['pack', 'x', '--interval', '1d'], '--interval: expected minutes or hours'],
    [['dataset', 'show', 'x', '--calendar', 'MARS'], '--calendar: '],
    [['calendar', 'show', 'MARS', '--from', '2024-03-04', '--to', '2024-03-05'], 'calendar: '],
    [
      ['calendar', 'show', 'XNYS', '--from', '2024-02-01', '--to', '2024-01-31'],
      '--to: expected a date from 2024-02-01 on',
    ],
    [['export', 'x', '--symbols', 'SPY,'], '--symbols: expected symbols separated by commas, was "SPY,"'],
    // February has no 30th or 31st.
    [['pack', 'x', '--start', '2024-02-30'], '--start: expected a date such as'],
    [['metrics', 'x', '--date', '2024-02-31'], '--date: expected a date such as 2024-01-31, was "2024-02-31"'],
    [['export', 'x', '--to', '2024-02-30T14:30:00Z'], '--to: expected a time such as'],
    [['export', 'x', '--from', 'yesterday'], '--from: expected a time'],
    // The time has no zone.
    [['export', 'x', '--from', '2024-03-04T14:30'], '--from: expected a time such as'],
  ])('ends a command with exit code 2 and a message without a stack trace: %j', async (args, message) => {
    const { code, stdout, stderr } = await project.barkeep(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('is reported as JSON under --json', async () => {
    const { code, stdout, stderr } = await project.barkeep(['status', 'a', 'b', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { exitCode: 2 } });
  });
});

describe('barkeep init', () => {
  it('makes a folder whose files can be imported, and refuses a folder that is not empty', async () => {
    expect(await project.barkeep(['init', 'mine', '--json'])).toMatchObject({ code: 0, stderr: '' });
    const files = ['README.md', 'reference.csv', 'session.json', 'strategy.ts', 'stream.csv'];
    expect(await readdir(join(project.path, 'mine'))).toEqual(expect.arrayContaining(files));
    const { stdout } = await project.barkeep(['import', 'mine/stream.csv', '--dataset', 'd', '--dry-run', '--json']);
    // The figures that the README shows for the demonstration.
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 19_060, dryRun: true, refused: { rows: 6 } });
    expect((await project.barkeep(['init', 'mine'])).stderr).toContain('expected a new or an empty folder');
  });

  it.each(['/proc/x', 'package.json/x'])('fails where no folder can be made: %s', async (path) => {
    const { code, stderr } = await project.barkeep(['init', path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^barkeep: E[A-Z]+: /);
  });
});

describe('a data folder that cannot be made', () => {
  it('ends a command that would write the logs of a coordinator there', async () => {
    const { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL } = process.env;
    const env = { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL, BARKEEP_DATA_DIR: '/proc/x' };
    const { code, stderr } = await project.barkeep(['status', 'a'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^barkeep: E[A-Z]+: .*\/proc/m);
  });
});

describeOrSkip('barkeep completion', existsSync('/dev/full') ? undefined : 'only Linux has /dev/full', () => {
  it('fails with an error of one line when its output cannot be written', async () => {
    const full = openSync('/dev/full', 'w'); // every write to this file fails
    const { status, stderr } = spawnSync(process.execPath, [BARKEEP, 'completion', 'bash'], {
      cwd: project.path,
      env: { PATH, HOME },
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'barkeep: stdout: ENOSPC: no space left on device, write\n',
    });
  });
});

describe('barkeep calendar check --table', () => {
  /** Compares the calendar XTKS with a table of one day. */
  const check = async (row: string): Promise<ProgramRun> => {
    await project.write('table.csv', `date,open,close,break_start,break_end\n${row}\n`);
    return project.barkeep(['calendar', 'check', 'XTKS', '--table', 'table.csv', '--json']);
  };
  /** The first day on which Tokyo closes half an hour later, at 06:30 UTC. */
  const DAY = '2024-11-05,2024-11-05T00:00:00Z,2024-11-05T06:30:00Z,2024-11-05T02:30:00Z,2024-11-05T03:30:00Z';

  it('exits with 0 when a shipped calendar has exactly the days of the table', async () => {
    const { code, stdout } = await check(DAY);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { id: 'XTKS', ok: true, days: 1, differences: [] }]);
  });

  it('exits with 1 and lists the days that differ', async () => {
    const { code, stdout } = await check(DAY.replace('06:30', '06:00'));
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { ok: false, differences: [{ date: '2024-11-05' }] }]);
  });

  it('fails for a table that does not exist or has other columns, and names it', async () => {
    const absent = await project.barkeep(['calendar', 'check', 'XTKS', '--table', 'absent.csv']);
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.stderr).toContain('--table: expected a file, was: ENOENT');
    await project.write('other.csv', 'day;open;close\n');
    const other = await project.barkeep(['calendar', 'check', 'XTKS', '--table', 'other.csv']);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('expected the columns date,open,close');
  });
});
