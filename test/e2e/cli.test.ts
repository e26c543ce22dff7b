/** The command line as a user runs it: it imports bars, runs and reads sessions, and runs the demonstration. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BARKEEP, runBarkeep } from '../support/programs/barkeep-command.js';
import type { ProgramRun } from '../support/programs/run-program.js';
import type { ApiBar, Metrics, Session } from '../support/system/api.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../support/setup/database.js';

const DATE = '2024-03-05';
/** Minutes that acme.csv has, from the open. */
const MINUTES = 30;
/** The minute whose high is below its low, on line 14 of acme.csv. */
const INVALID_MINUTE = 12;
const SPEC = {
  id: 'cli',
  symbols: ['ACME'],
  start: DATE,
  end: DATE,
  source: { type: 'dataset', dataset: 'mine' },
  backfill: [],
};

jest.setTimeout(180_000); // each run of a session starts a coordinator and a worker

let database: TestDatabase;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'barkeep-cli-'));
  const prefix = `test-${randomBytes(4).toString('hex')}`;
  const { PATH, HOME, REDIS_URL, SESSION_REDIS_URL } = process.env;
  const services = { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL: database.url };
  env = { PATH, HOME, ...services, BARKEEP_QUEUE_PREFIX: `${prefix}-bull`, BARKEEP_SESSION_PREFIX: prefix };
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

function barkeep(...args: string[]): Promise<ProgramRun> {
  return runBarkeep(args, folder, env);
}

/** Runs a command with `--json` that must succeed. @returns what it printed */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await barkeep(...args, '--json');
  if (code !== 0) throw new Error(`barkeep ${args.join(' ')}: exit code ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

function csv(): string {
  const rows = Array.from({ length: MINUTES }, (_, minute) => {
    const high = minute === INVALID_MINUTE ? 1 : 101;
    return `${DATE}T14:${30 + minute}:00Z,100,${high},99,100.5,${minute + 1}`;
  });
  return ['time,open,high,low,close,volume', ...rows].join('\n');
}

test('a session of a dataset is refused while none is imported, and the message says so', async () => {
  await writeFile(join(folder, 'spec.json'), JSON.stringify(SPEC));
  const { code, stderr } = await barkeep('run', 'spec.json');
  expect(code).toBe(1);
  expect(stderr).toContain('source.dataset: expected an imported dataset (there is none yet), was "mine"');
});

describe('a session of an imported file', () => {
  let strictImport: ProgramRun;
  let firstRun: { session: Session; symbols: Metrics[] };

  beforeAll(async () => {
    await writeFile(join(folder, 'acme.csv'), csv());
    await writeFile(join(folder, 'spec.json'), JSON.stringify(SPEC));
    const options = ['--dataset', 'mine', '--format', 'csv', '--symbol', 'ACME', '--strict'];
    strictImport = await barkeep('import', 'acme.csv', ...options);
    firstRun = await json('run', 'spec.json');
  });

  it('has all rows of the file except a refused one, for which `import --strict` exits with 2', () => {
    expect(strictImport.code).toBe(2);
    expect(strictImport.stdout + strictImport.stderr).toMatch(/acme\.csv:14 high-below-low/);
    expect(firstRun.session).toMatchObject({ state: 'completed', progress: 1, clock: `${DATE}T21:00:00.000Z` });
    // The gaps: the refused minute, and the 360 minutes after the file.
    const gaps = { gapCount: 2, largestGap: 390 - MINUTES };
    expect(firstRun.symbols).toMatchObject([{ symbol: 'ACME', expected: 390, filled: MINUTES - 1, ...gaps }]);
  });

  it('`bars` prints its bars, and `digest` prints the same digest each time', async () => {
    // The first of the four bars lacks the refused minute.
    expect(await json<ApiBar[]>('bars', 'cli', 'ACME', '--interval', '5m', '--last', '4')).toMatchObject([
      { sourceCount: 4, complete: false },
      { sourceCount: 5, complete: true },
      { sourceCount: 5, complete: true },
      { sourceCount: 5, complete: true },
    ]);
    const digest = await json<object>('digest', 'cli');
    expect(digest).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), bars: MINUTES - 1 });
    expect(await json<object>('digest', 'cli')).toEqual(digest);
  });

  it('a symbol without a bar is a warning, for which `run --strict` exits with 2', async () => {
    const withUnknownSymbol = { ...SPEC, id: 'strict', symbols: ['ACME', 'NOPE'] };
    await writeFile(join(folder, 'strict.json'), JSON.stringify(withUnknownSymbol));
    const warned = await barkeep('run', 'strict.json', '--strict');
    expect(warned.code).toBe(2);
    expect(warned.stderr).toContain('warning: no dataset of the session has a bar of symbol NOPE');
    expect((await barkeep('run', 'strict.json')).code).toBe(0);
    const notWarned = await barkeep('run', 'spec.json', '--strict');
    expect(notWarned.code).toBe(0);
    expect(notWarned.stderr).not.toContain('warning:');
  });

  it('the same spec does not run a completed session again; its file may begin with a byte order mark', async () => {
    await writeFile(join(folder, 'marked.json'), `\ufeff${JSON.stringify(SPEC)}`);
    const { code, stdout, stderr } = await barkeep('run', 'marked.json', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as typeof firstRun).symbols).toEqual(firstRun.symbols);
    expect(stderr).toContain('session cli was completed before: this is its result; "barkeep rm cli" lets it run anew');
  });

  it('a command with another spec for its id, or with a symbol that it does not have, exits with 1', async () => {
    await writeFile(join(folder, 'changed.json'), JSON.stringify({ ...SPEC, end: '2024-03-06' }));
    const changed = await barkeep('run', 'changed.json');
    expect(changed).toMatchObject({ code: 1, stdout: '' });
    expect(changed.stderr).toMatch(/was another spec.*; choose another id, or remove that session: barkeep rm cli\n/);
    const missing = await barkeep('bars', 'cli', 'NOBODY');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/symbol: expected one of session cli, was "NOBODY"/);
  });
});

test('a session that is resumed without a coordinator continues with the next one, and the command says so', async () => {
  const slow = { ...SPEC, id: 'slow', pace: { mode: 'lockstep' } };
  await writeFile(join(folder, 'slow.json'), JSON.stringify(slow));
  const running = spawn(process.execPath, [BARKEEP, 'run', 'slow.json'], { cwd: folder, env, stdio: 'ignore' });
  const isStarted = async () =>
    (await queryDatabase(database.url, "SELECT FROM sessions WHERE id = 'slow' AND state = 'running'")).length > 0;
  while (!(await isStarted())) await delay(50);
  running.kill('SIGINT');
  await once(running, 'exit');
  expect(await barkeep('pause', 'slow')).toMatchObject({ code: 0, stderr: '' });
  const { code, stderr } = await barkeep('resume', 'slow');
  expect(code).toBe(0);
  expect(stderr).toContain('slow continues when another one runs, such as that of "barkeep up"');
});

test('the demonstration fills all slots but three, counts those as unfillable, and gives the same digest each time', async () => {
  interface Demo {
    symbols: { expected: number; streamed: number; backfilled: number; unfillable: number }[];
    digest: { digest: string };
  }
  const first = await json<Demo>('demo');
  // Defaults of sessions that the user has changed do not change the demonstration.
  Object.assign(env, { DATA_UPKEEP_AUTO_COMPUTE_DERIVED: 'false', DATA_UPKEEP_RETRY_MISSING_BARS: 'false' });
  const second = await json<Demo>('demo');
  expect(first.symbols).toHaveLength(10);
  for (const { expected, streamed, backfilled, unfillable } of first.symbols) {
    expect(streamed).toBeLessThan(expected);
    expect(streamed + backfilled + unfillable).toBe(expected);
  }
  expect(first.symbols.reduce((sum, { unfillable }) => sum + unfillable, 0)).toBe(3);
  expect(second.digest).toEqual(first.digest);
});
