/** Commands of `barkeep` in an empty folder: what they start, what they print, and how they fail. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateExample } from '@barkeep/api';
import { BARKEEP, runBarkeep } from '../support/programs/barkeep-command.js';
import type { ProgramRun } from '../support/programs/run-program.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';
import { Api } from '../support/system/api.js';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';

const { PATH, HOME } = process.env;
/** The first line of a CSV file of bars. */
const BARS_HEADER = 'time,open,high,low,close,volume\n';

/** The project folder in which commands run. */
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-commands-'));
  await writeFile(join(folder, 'package.json'), '{}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs `barkeep` in `folder`, with no variables but PATH, HOME and `env`. */
function barkeep(args: string[], env: NodeJS.ProcessEnv = {}): Promise<ProgramRun> {
  return runBarkeep(args, folder, { PATH, HOME, ...env });
}

/** Lets a server listen on a free port. @returns its address */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a command that needs servers', () => {
  it.each([
    ['status'],
    ['datasets'],
    ['bars', 'x', 'SPY'],
    ['gaps', 'x'],
    ['metrics', 'x'],
    ['dataset', 'show', 'x'],
    ['export', 'x'],
  ])(
    'starts and writes nothing in a folder without data when it only reads, and says where it looked: %s',
    async (...args) => {
      const { code, stdout, stderr } = await barkeep(args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/looked at .* and for "barkeep up" or its data in .*; "barkeep up" starts one/);
      expect(await readdir(folder)).toEqual(['package.json']);
    },
  );

  it('names the address of a coordinator that does not answer', async () => {
    const silent = createServer(() => undefined); // accepts connections and never answers
    const url = await listen(silent);
    const { code, stderr } = await barkeep(['status', '--json'], { BARKEEP_URL: url });
    silent.close();
    expect(code).toBe(1);
    const { error } = JSON.parse(stderr) as { error: { message: string; exitCode: number } };
    expect(error).toMatchObject({
      exitCode: 1,
      message: `expected a coordinator at ${url}, was: no answer within 2 s`,
    });
  });

  it('names the address of a session Redis that does not answer', async () => {
    const coordinator = createHttpServer((_, answer) => answer.end('{}'));
    const url = await listen(coordinator);
    // Nothing listens on port 1.
    const env = { BARKEEP_URL: url, SESSION_REDIS_URL: 'redis://:secret@127.0.0.1:1/0' };
    const { code, stderr } = await barkeep(['events', 'march'], env);
    coordinator.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected Redis at 127\.0\.0\.1:1 \(SESSION_REDIS_URL\), was: .*ECONNREFUSED/);
  });

  it('stores no bars in a private database when BARKEEP_URL names another system, whose database it does not know', async () => {
    await writeFile(join(folder, 'bars.csv'), `${BARS_HEADER}2024-03-04T14:30:00Z,1,1,1,1,1\n`);
    const env = { BARKEEP_URL: 'http://127.0.0.1:3000' };
    const { code, stderr } = await barkeep(['import', 'bars.csv', '--dataset', 'd', '--symbol', 'A'], env);
    expect(code).toBe(1);
    expect(stderr).toContain('expected DATABASE_URL, the database of the coordinator at http://127.0.0.1:3000');
    expect(await readdir(folder)).not.toContain('.barkeep');
  });

  it('names the server and the variable of a wrong address, without the password', async () => {
    const { code, stderr } = await barkeep(['datasets'], { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected PostgreSQL at 127\.0\.0\.1:1 \(DATABASE_URL\), was: .*ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
  });

  it.each([
    [['status'], 'http://me:secret@127.0.0.1:3000'],
    [['doctor'], 'http://me:secret@127.0.0.1:3000'],
    [['status'], 'http://127.0.0.1:3000/#/sessions'],
    [['doctor'], 'http://127.0.0.1:3000/#/sessions'],
    // The option has precedence over the variable.
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://127.0.0.1:3000'],
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://me:secret@127.0.0.1:3000'],
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://127.0.0.1:3000/#/sessions'],
  ])('refuses an address with more than a host and a port, and shows no password: %j at %s', async (args, url) => {
    const { code, stdout, stderr } = await barkeep(args, { BARKEEP_URL: url });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("expected the coordinator's address");
    expect(stdout + stderr).not.toContain('secret');
  });
});

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
    const { code, stdout, stderr } = await barkeep(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('is reported as JSON under --json', async () => {
    const { code, stdout, stderr } = await barkeep(['status', 'a', 'b', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { exitCode: 2 } });
  });
});

describe('barkeep init', () => {
  it('makes a folder whose files import, and refuses one that is not empty', async () => {
    expect(await barkeep(['init', 'mine', '--json'])).toMatchObject({ code: 0, stderr: '' });
    const files = ['README.md', 'reference.csv', 'session.json', 'strategy.ts', 'stream.csv'];
    expect(await readdir(join(folder, 'mine'))).toEqual(expect.arrayContaining(files));
    const { stdout } = await barkeep(['import', 'mine/stream.csv', '--dataset', 'd', '--dry-run', '--json']);
    // The figures that the README shows for the demonstration.
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 19_060, dryRun: true, refused: { rows: 6 } });
    expect((await barkeep(['init', 'mine'])).stderr).toContain('expected a new or an empty folder');
  });
});

describe('barkeep completion', () => {
  it('prints a script with the commands for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await barkeep(['completion', shell]);
      expect(code).toBe(0);
      for (const word of ['import', 'gaps', 'doctor']) expect(stdout).toContain(word);
    }
  });

  it('does not change PATH in zsh, which ties the variable path to it', async () => {
    expect((await barkeep(['completion', 'zsh'])).stdout).not.toMatch(/\bpath=/i);
  });

  it('says in one line that its output cannot be written', async () => {
    // Every write to /dev/full fails. Only Linux has this file.
    if (!existsSync('/dev/full')) return;
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [BARKEEP, 'completion', 'bash'], {
      cwd: folder,
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

describe('barkeep doctor', () => {
  /** Runs `barkeep doctor`. @returns its exit code and its checks */
  async function doctor(env: NodeJS.ProcessEnv) {
    const { code, stdout } = await barkeep(['doctor', '--json'], env);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
    return { code, checks };
  }

  it('says what is wrong and starts nothing', async () => {
    const { code, checks } = await doctor({ DATABASE_URL: 'postgres://127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'Node.js', ok: true }));
    expect(checks).toContainEqual(expect.objectContaining({ name: 'DATABASE_URL', ok: false }));
    expect(await readdir(folder)).toEqual(['package.json']);
  });

  it('says how to get Redis when none is on the PATH', async () => {
    const { checks } = await doctor({ PATH: folder, XDG_CACHE_HOME: folder, TMPDIR: folder });
    const redis = checks.find(({ name }) => name === 'redis-server');
    // Where apt-get exists, Barkeep can fetch Redis itself.
    expect(redis?.detail).toMatch(redis?.ok ? /fetches it by apt-get/ : /expected redis-server or valkey-server/);
    expect(await readdir(folder)).toEqual(['package.json']);
  });

  it('names a data folder that cannot be made, because a file is in its place', async () => {
    const { checks } = await doctor({ BARKEEP_DATA_DIR: join(folder, 'package.json') });
    const detail = expect.stringMatching(/^expected a folder at .*package\.json, was a file$/);
    expect(checks).toContainEqual({ name: 'data folder', ok: false, detail });
  });

  it('names the file of a calendar of your own that is not valid', async () => {
    const dir = join(folder, 'calendars');
    await mkdir(dir);
    await writeFile(join(dir, 'mine.json'), '{');
    const env = { BARKEEP_CALENDARS_DIR: dir };
    const detail = expect.stringContaining(`calendar file ${join(dir, 'mine.json')}: expected JSON`);
    expect((await doctor(env)).checks).toContainEqual({ name: 'BARKEEP_CALENDARS_DIR', ok: false, detail });
    await rm(join(dir, 'mine.json'));
    expect((await doctor(env)).checks).toContainEqual(
      expect.objectContaining({ name: 'BARKEEP_CALENDARS_DIR', ok: true }),
    );
  });

  it('names the versions of servers that answer, in colours unless NO_COLOR is set', async () => {
    const { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL } = process.env;
    const servers = { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL };
    const { code, stdout } = await barkeep(['doctor'], { ...servers, FORCE_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('\u001B[32mok');
    expect(stdout).toMatch(/DATABASE_URL +PostgreSQL \d+\.\d+( \(.*\))? at postgres/);
    expect(stdout).toMatch(/SESSION_REDIS_URL +(Redis|Valkey) \d+\.\d+\.\d+ at redis/);
    const plain = await barkeep(['doctor'], { ...servers, NO_COLOR: '1' });
    expect(plain.stdout).not.toContain('\u001B');
  });
});

describe('barkeep compare', () => {
  it('cannot compare two runs without a finished day', async () => {
    const withoutDays = { ...certificateExample, days: [], complete: false };
    for (const name of ['a.json', 'b.json']) await writeFile(join(folder, name), JSON.stringify(withoutDays));
    const { code, stdout, stderr } = await barkeep(['compare', 'a.json', 'b.json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('expected a finished day in a.json or b.json, was none');
    await writeFile(join(folder, 'b.json'), JSON.stringify(certificateExample));
    expect(await barkeep(['compare', 'a.json', 'b.json'])).toMatchObject({ code: 1 }); // only one of them has a day
  });

  it('compares a session with itself when no "barkeep up" runs', async () => {
    await writeFile(join(folder, 'a.csv'), `${BARS_HEADER}2024-03-04T14:30:00Z,10,10,10,10,1\n`);
    await barkeep(['import', 'a.csv', '--dataset', 'd', '--symbol', 'ACME']);
    const spec = { id: 'one', symbols: ['ACME'], start: '2024-03-04', end: '2024-03-04', backfill: [] };
    await writeFile(join(folder, 'one.json'), JSON.stringify({ ...spec, source: { type: 'dataset', dataset: 'd' } }));
    expect(await barkeep(['run', 'one.json'])).toMatchObject({ code: 0 });
    const { code, stdout } = await barkeep(['compare', 'one', 'one', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { equal: true, equalDays: 1 }]);
  });
});

describe('a coordinator with keys', () => {
  const [KEY, ADMIN, WRONG] = ['user-key-0123456789', 'admin-key-0123456789', 'wrong-key-0123456789'];
  let database: TestDatabase;
  let coordinator: SystemProcess;
  beforeAll(async () => {
    database = await createTestDatabase();
    const keys = { BARKEEP_API_KEYS: KEY, BARKEEP_ADMIN_KEYS: ADMIN };
    coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, ...keys });
    // No feeder posts bars to this session, so it waits for its feed.
    const spec = { id: 'keyed', symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source: { type: 'feed' } };
    const created = await new Api(coordinator.url, { 'X-API-Key': KEY }).call('POST', '/v1/sessions?start=true', spec);
    expect(created.status).toBe(201);
    const admin = new Api(coordinator.url, { 'X-API-Key': ADMIN });
    await admin.until('keyed', ({ waitingFor }) => waitingFor?.kind === 'feed');
  });
  afterAll(async () => {
    await coordinator?.signal('SIGTERM');
    await database?.drop();
  });

  /** Runs `barkeep status` for the session, with variables that have keys. */
  const statusWith = (keys: object) =>
    barkeep(['status', 'keyed', '--json'], { BARKEEP_URL: coordinator.url, ...keys });

  // The variables with keys, and the exit code.
  it.each([
    [{}, 1],
    [{ BARKEEP_API_KEY: WRONG }, 1],
    [{ BARKEEP_API_KEY: KEY }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN, BARKEEP_API_KEY: WRONG }, 0],
    [{ BARKEEP_ADMIN_KEYS: `${ADMIN},other-key-0123456789` }, 0],
  ])('lets status read with the keys %j: exit code %d', async (keys, exitCode) => {
    const { code, stdout, stderr } = await statusWith(keys);
    expect(code).toBe(exitCode);
    if (exitCode === 0) expect({ stderr, ...JSON.parse(stdout) }).toMatchObject({ stderr: '', id: 'keyed' });
    else expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'unauthorized', exitCode: 1 } });
  });

  it('names the symbol that a session waits for to an admin key, and not to a user key', async () => {
    const [byAdmin, byUser] = [
      await statusWith({ BARKEEP_ADMIN_KEY: ADMIN }),
      await statusWith({ BARKEEP_API_KEY: KEY }),
    ];
    const detail = expect.stringContaining('SPY');
    expect(JSON.parse(byAdmin.stdout)).toMatchObject({ waitingFor: { kind: 'feed', detail } });
    expect(JSON.parse(byUser.stdout)).toMatchObject({ waitingFor: { kind: 'feed', detail: '' } });
  });

  it('refuses run --strict with a user key, which does not show whether a dataset knows the symbols, and creates no session', async () => {
    const spec = { id: 'strict', symbols: ['NOPE'], start: '2013-10-07', end: '2013-10-07', source: { type: 'feed' } };
    await writeFile(join(folder, 'strict.json'), JSON.stringify(spec));
    const env = { BARKEEP_URL: coordinator.url, BARKEEP_API_KEY: KEY };
    const { code, stderr } = await barkeep(['run', 'strict.json', '--strict'], env);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('expected an admin key for --strict'),
    });
    expect((await new Api(coordinator.url, { 'X-API-Key': KEY }).call('GET', '/v1/sessions/strict')).status).toBe(404);
  });

  it('makes doctor say that a key is missing', async () => {
    const { code, stdout } = await barkeep(['doctor'], { BARKEEP_URL: coordinator.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/wrong +coordinator +.*key/);
  });
});

describe('barkeep calendar check --table', () => {
  /** Compares the calendar XTKS with a table of one day. */
  const check = async (row: string): Promise<ProgramRun> => {
    await writeFile(join(folder, 'table.csv'), `date,open,close,break_start,break_end\n${row}\n`);
    return barkeep(['calendar', 'check', 'XTKS', '--table', 'table.csv', '--json']);
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

  it('names a table that is not there or has other columns', async () => {
    const absent = await barkeep(['calendar', 'check', 'XTKS', '--table', 'absent.csv']);
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.stderr).toContain('--table: expected a file, was: ENOENT');
    await writeFile(join(folder, 'other.csv'), 'day;open;close\n');
    const other = await barkeep(['calendar', 'check', 'XTKS', '--table', 'other.csv']);
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('expected the columns date,open,close');
  });
});

describe('barkeep dataset show', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createTestDatabase()));
  afterAll(() => database.drop());

  it('shows rows, spacing, coverage by month, rows outside, conflicts and jumps, in at most 80 columns', async () => {
    const env = { DATABASE_URL: database.url };
    const importFile = async (name: string, rows: string[]): Promise<void> => {
      await writeFile(join(folder, name), BARS_HEADER + rows.join(''));
      await barkeep(['import', name, '--dataset', 'shown', '--symbol', 'ACME'], env);
    };
    const row = (minute: number, close: number): string =>
      `2024-03-04T14:${30 + minute}:00Z,10,${close},10,${close},${minute % 2}\n`;
    // The close jumps by 30 % in minute 7.
    const rows = Array.from({ length: 20 }, (_, minute) => row(minute, minute === 7 ? 13 : 10));
    const saturdayRow = '2024-03-09T14:30:00Z,10,10,10,10,1\n';
    await importFile('a.csv', [...rows, saturdayRow]);
    const conflictingRow = row(0, 11);
    await importFile('b.csv', [conflictingRow]);
    const { code, stdout } = await barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS', '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 21,
      days: 2,
      spacing: '1-minute',
      symbols: [{ symbol: 'ACME', rows: 21, first: '2024-03-04T14:30:00.000Z' }],
      // From 4 to 9 March there are five trading days.
      coverage: { outside: 1, months: [{ month: '2024-03', expected: 5 * 390, present: 20 }] },
      quarantined: { rows: 1, reasons: { conflict: 1 }, examples: [{ symbol: 'ACME', close: 11 }] },
      values: { anyPrices: false, withoutVolume: false },
    });
    const text = (await barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS'], env)).stdout;
    expect(text).toContain('30.00 %');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
