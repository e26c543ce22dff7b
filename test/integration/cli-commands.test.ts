/** Commands of `barkeep` that change no session: what they start, what they print, and how they fail. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCoordinatorProcess, type SystemProcess } from '../support/system/system.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

const BARKEEP = join(__dirname, '../../apps/cli/bin/barkeep.js');

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-commands-'));
  await writeFile(join(folder, 'package.json'), '{}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs `barkeep` in `folder`, with no variables but PATH, HOME and `env`. Code -1: a signal ended it, or it could not start. */
function barkeep(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, ...env }, cwd: folder };
  return new Promise((resolve) =>
    execFile(process.execPath, [BARKEEP, ...args], options, (error, stdout, stderr) => {
      if (!error) resolve({ code: 0, stdout, stderr });
      else resolve({ code: typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    }),
  );
}

/** Lets a server listen on a free port. @returns its address */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a command', () => {
  it.each([
    ['status'],
    ['datasets'],
    ['bars', 'x', 'SPY'],
    ['gaps', 'x'],
    ['metrics', 'x'],
    ['dataset', 'show', 'x'],
    ['export', 'x'],
  ])(
    'that only reads starts nothing and writes nothing in a folder without data, and says where it looked: %s',
    async (...args) => {
      const { code, stdout, stderr } = await barkeep(args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/looked at .* and for "barkeep up" or its data in .*; "barkeep up" starts one/);
      expect(await readdir(folder)).toEqual(['package.json']);
    },
  );

  it('names the address of a coordinator that does not answer', async () => {
    const silent = createServer(() => undefined);
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
    const env = { BARKEEP_URL: url, SESSION_REDIS_URL: 'redis://:secret@127.0.0.1:1/0' };
    const { code, stderr } = await barkeep(['events', 'march'], env);
    coordinator.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected Redis at 127\.0\.0\.1:1 \(SESSION_REDIS_URL\), was: .*ECONNREFUSED/);
  });

  it('names the server and the variable of a wrong address, without the password', async () => {
    const { code, stderr } = await barkeep(['datasets'], { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected PostgreSQL at 127\.0\.0\.1:1 \(DATABASE_URL\), was: .*ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
  });

  it('says in one line that its output cannot be written', async () => {
    if (!existsSync('/dev/full')) return; // Linux only
    const full = openSync('/dev/full', 'w');
    const { PATH, HOME } = process.env;
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

  it('shows no password in the address of a coordinator, and refuses such an address', async () => {
    const addresses = ['http://me:secret@127.0.0.1:3000', 'http://127.0.0.1:3000/#/sessions'];
    for (const args of [['status'], ['doctor'], ['status', '--coordinator', 'me:not/secret@127.0.0.1:3000']]) {
      for (const address of addresses) {
        const { code, stdout, stderr } = await barkeep(args, { BARKEEP_URL: address });
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain("expected the coordinator's address");
        expect(stdout + stderr).not.toContain('secret');
      }
    }
  });

  it('reports wrong usage as JSON under --json', async () => {
    const { code, stdout, stderr } = await barkeep(['status', 'a', 'b', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { exitCode: 2 } });
  });

  it.each([
    [['wrong'], "unknown command 'wrong'"],
    [['status', '--wrong'], "unknown option '--wrong'"],
    [['bars', 'x', 'SPY', '--from', '2024-03-04'], 'expected both --from and --to'],
    [['status', '--coordinator', 'nowhere'], 'expected the coordinator'],
    [['export', 'x', '--json'], 'expected --out too'],
    [['export', 'x', '--from', '2024-03-04T14:30'], '--from: expected a time such as'], // its zone is missing
    [['export', 'x', '--to', '2024-02-30T14:30:00Z'], '--to: expected a time such as'],
    [['pack', 'x', '--start', '2024-02-30'], '--start: expected a date such as'],
    [['dataset', 'show', 'x', '--calendar', 'MARS'], '--calendar: '],
    [['calendar', 'show', 'MARS', '--from', '2024-03-04', '--to', '2024-03-05'], 'calendar: '],
    [['pack', 'x', '--interval', '7'], '--interval: '],
    [['up', '--workers', '-1'], '--workers: expected a whole number'],
    [['metrics', 'x', '--date', '2024-02-31'], '--date: expected a date such as 2024-01-31, was "2024-02-31"'],
    [['export', 'x', '--from', 'yesterday'], '--from: expected a time'],
    [
      ['calendar', 'show', 'XNYS', '--from', '2024-02-01', '--to', '2024-01-31'],
      '--to: expected a date from 2024-02-01 on',
    ],
  ])('exits with 2 after wrong usage, and says what is wrong: %j', async (args, message) => {
    const { code, stdout, stderr } = await barkeep(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    // No stack trace.
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

/** Runs `barkeep doctor`. @returns its exit code and its checks */
async function doctor(env: NodeJS.ProcessEnv) {
  const { code, stdout } = await barkeep(['doctor', '--json'], env);
  const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
  return { code, checks };
}

describe('barkeep', () => {
  it('init makes a folder whose files import, and refuses one that is not empty', async () => {
    expect(await barkeep(['init', 'mine', '--json'])).toMatchObject({ code: 0, stderr: '' });
    const files = ['README.md', 'reference.csv', 'session.json', 'strategy.ts', 'stream.csv'];
    expect(await readdir(join(folder, 'mine'))).toEqual(expect.arrayContaining(files));
    const { stdout } = await barkeep(['import', 'mine/stream.csv', '--dataset', 'd', '--dry-run', '--json']);
    // The figures that the README shows for the demonstration.
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 19_060, dryRun: true, refused: { rows: 6 } });
    expect((await barkeep(['init', 'mine'])).stderr).toContain('expected a new or an empty folder');
  });

  it('completion prints a script with every command', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await barkeep(['completion', shell]);
      expect(code).toBe(0);
      for (const word of ['import', 'gaps', 'doctor']) expect(stdout).toContain(word);
    }
  });

  it('completion in zsh does not change PATH, to which zsh ties the variable path', async () => {
    expect((await barkeep(['completion', 'zsh'])).stdout).not.toMatch(/\bpath=/i);
  });

  it('doctor says what is wrong and starts nothing', async () => {
    const { code, checks } = await doctor({ DATABASE_URL: 'postgres://127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'Node.js', ok: true }));
    expect(checks).toContainEqual(expect.objectContaining({ name: 'DATABASE_URL', ok: false }));
    expect(await readdir(folder)).toEqual(['package.json']);
  });

  it('doctor says how to get Redis when none is on the PATH', async () => {
    const { checks } = await doctor({ PATH: folder, XDG_CACHE_HOME: folder });
    const redis = checks.find(({ name }) => name === 'redis-server');
    // Where apt-get exists, Barkeep can fetch Redis itself.
    expect(redis?.detail).toMatch(redis?.ok ? /fetches it by apt-get/ : /expected redis-server or valkey-server/);
    expect(await readdir(folder)).toEqual(['package.json']);
  });

  it('doctor names a data folder that cannot be made, because a file is in its place', async () => {
    const { checks } = await doctor({ BARKEEP_DATA_DIR: join(folder, 'package.json') });
    const detail = expect.stringMatching(/^expected a folder at .*package\.json, was a file$/);
    expect(checks).toContainEqual({ name: 'data folder', ok: false, detail });
  });

  it('doctor names the file of the own calendars that is not valid', async () => {
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

  it('doctor names the versions of servers that answer, in colours unless NO_COLOR is set', async () => {
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

describe('without a running "barkeep up"', () => {
  it('compare reads two sessions from one coordinator, which it starts and stops', async () => {
    await writeFile(join(folder, 'a.csv'), 'time,open,high,low,close,volume\n2024-03-04T14:30:00Z,10,10,10,10,1\n');
    await barkeep(['import', 'a.csv', '--dataset', 'd', '--symbol', 'ACME']);
    const spec = { id: 'one', symbols: ['ACME'], start: '2024-03-04', end: '2024-03-04', backfill: [] };
    await writeFile(join(folder, 'one.json'), JSON.stringify({ ...spec, source: { type: 'dataset', dataset: 'd' } }));
    expect(await barkeep(['run', 'one.json'])).toMatchObject({ code: 0 });
    const { code, stdout } = await barkeep(['compare', 'one', 'one', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { equal: true, equalDays: 1 }]);
  });
});

describe('a coordinator with keys', () => {
  const [KEY, ADMIN] = ['user-key-0123456789', 'admin-key-0123456789'];
  let database: TestDatabase;
  let coordinator: SystemProcess;
  beforeAll(async () => {
    database = await createTestDatabase();
    const keys = { BARKEEP_API_KEYS: KEY, BARKEEP_ADMIN_KEYS: ADMIN };
    coordinator = await startCoordinatorProcess({ DATABASE_URL: database.url, ...keys });
    // No feeder posts bars to this session, so it waits for its feed.
    const spec = { id: 'keyed', symbols: ['SPY'], start: '2013-10-07', end: '2013-10-07', source: { type: 'feed' } };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
    const body = JSON.stringify(spec);
    const created = await fetch(`${coordinator.url}/v1/sessions?start=true`, { method: 'POST', headers, body });
    expect(created.status).toBe(201);
  });
  afterAll(async () => {
    await coordinator?.signal('SIGTERM');
    await database?.drop();
  });

  it.each([
    [{}, 1],
    [{ BARKEEP_API_KEY: 'wrong-key-0123456789' }, 1],
    [{ BARKEEP_API_KEY: KEY }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN }, 0],
    [{ BARKEEP_ADMIN_KEY: ADMIN, BARKEEP_API_KEY: 'wrong-key-0123456789' }, 0],
    [{ BARKEEP_ADMIN_KEYS: `${ADMIN},other-key-0123456789` }, 0],
  ])('lets status read with the keys %j: exit code %d', async (keys, exitCode) => {
    const { code, stdout, stderr } = await barkeep(['status', 'keyed', '--json'], {
      BARKEEP_URL: coordinator.url,
      ...keys,
    });
    expect(code).toBe(exitCode);
    if (exitCode === 0) expect({ stderr, ...JSON.parse(stdout) }).toMatchObject({ stderr: '', id: 'keyed' });
    else expect(JSON.parse(stderr)).toMatchObject({ error: { kind: 'unauthorized', exitCode: 1 } });
  });

  it('names the symbol that a session waits for to an admin key, and not to a user key', async () => {
    const waitingFor = async (key: object) => {
      const { stdout } = await barkeep(['status', 'keyed', '--json'], { BARKEEP_URL: coordinator.url, ...key });
      return (JSON.parse(stdout) as { waitingFor: { kind: string; detail: string } | null }).waitingFor;
    };
    while ((await waitingFor({ BARKEEP_ADMIN_KEY: ADMIN }))?.kind !== 'feed');
    expect((await waitingFor({ BARKEEP_ADMIN_KEY: ADMIN }))?.detail).toContain('SPY');
    expect(await waitingFor({ BARKEEP_API_KEY: KEY })).toMatchObject({ kind: 'feed', detail: '' });
  });

  it('doctor says that a key is missing', async () => {
    const { code, stdout } = await barkeep(['doctor'], { BARKEEP_URL: coordinator.url });
    expect(code).toBe(1);
    expect(stdout).toMatch(/wrong +coordinator +.*key/);
  });
});

describe('barkeep calendar check --table', () => {
  const HEADER = 'date,open,close,break_start,break_end';
  const check = async (...rows: string[]): Promise<Outcome> => {
    await writeFile(join(folder, 'table.csv'), [HEADER, ...rows, ''].join('\n'));
    return barkeep(['calendar', 'check', 'XTKS', '--table', 'table.csv', '--json']);
  };
  /** Tokyo closes half an hour later, at 06:30 UTC, from this day on. */
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
    const row = (minute: number, close = 10): string =>
      `2024-03-04T14:${30 + minute}:00Z,10,${close},10,${close},${minute % 2}\n`;
    // The close jumps by 30 % in minute 7.
    const rows = Array.from({ length: 20 }, (_, minute) => row(minute, minute === 7 ? 13 : 10)).join('');
    // 9 March is a Saturday.
    const outside = '2024-03-09T14:30:00Z,10,10,10,10,1\n';
    await writeFile(join(folder, 'a.csv'), `time,open,high,low,close,volume\n${rows}${outside}`);
    // Another close for the first minute: a conflict.
    await writeFile(join(folder, 'b.csv'), `time,open,high,low,close,volume\n${row(0, 11)}`);
    await barkeep(['import', 'a.csv', '--dataset', 'shown', '--symbol', 'ACME'], env);
    await barkeep(['import', 'b.csv', '--dataset', 'shown', '--symbol', 'ACME'], env);
    const { code, stdout } = await barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS', '--json'], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 21,
      days: 2,
      spacing: '1-minute',
      symbols: [{ symbol: 'ACME', rows: 21, first: '2024-03-04T14:30:00.000Z' }],
      // Five trading days from 4 to 9 March.
      coverage: { outside: 1, months: [{ month: '2024-03', expected: 5 * 390, present: 20 }] },
      quarantined: { rows: 1, reasons: { conflict: 1 }, examples: [{ symbol: 'ACME', close: 11 }] },
      values: { anyPrices: false, withoutVolume: false },
    });
    const text = (await barkeep(['dataset', 'show', 'shown', '--calendar', 'XNYS'], env)).stdout;
    expect(text).toContain('30.00 %');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
