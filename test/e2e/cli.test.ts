/** The command line as a user runs it: it imports bars, runs and reads sessions, and runs the demonstration. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiBar, Metrics, Session } from '../support/system/api.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

const BARKEEP = join(__dirname, '../../apps/cli/bin/barkeep.js');

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

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

function barkeep(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BARKEEP, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      // An error without a number: the program did not start, or a signal ended it.
      const failureCode = typeof error?.code === 'number' ? error.code : 1;
      resolve({ code: error ? failureCode : 0, stdout, stderr });
    });
  });
}

/** Runs a command with `--json` that must succeed. @returns what it printed */
async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await barkeep(...args, '--json');
  if (code !== 0) throw new Error(`barkeep ${args.join(' ')}: exit code ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** The first 30 minutes of a day. Minute 12, on line 14 of the file, has a high below its low. */
function csv(): string {
  const rows = Array.from({ length: 30 }, (_, minute) => {
    const high = minute === 12 ? 1 : 101;
    return `2024-03-05T14:${30 + minute}:00Z,100,${high},99,100.5,${minute + 1}`;
  });
  return ['time,open,high,low,close,volume', ...rows].join('\n');
}

test('bars are imported, run through a session and read back, and each mistake has its exit code and message', async () => {
  await writeFile(join(folder, 'acme.csv'), csv());
  const source = { type: 'dataset', dataset: 'mine' };
  const spec = { id: 'cli', symbols: ['ACME'], start: '2024-03-05', end: '2024-03-05', source, backfill: [] };
  await writeFile(join(folder, 'spec.json'), JSON.stringify(spec));

  // Exit code 2: a row was refused. The others are stored.
  const options = ['--dataset', 'mine', '--format', 'csv', '--symbol', 'ACME', '--strict'];
  const strict = await barkeep('import', 'acme.csv', ...options);
  expect(strict.code).toBe(2);
  expect(strict.stdout + strict.stderr).toMatch(/acme\.csv:14 high-below-low/);

  const { session, symbols } = await json<{ session: Session; symbols: Metrics[] }>('run', 'spec.json');
  expect(session).toMatchObject({ state: 'completed', progress: 1, clock: '2024-03-05T21:00:00.000Z' });
  // The gaps: minute 12, and the 360 minutes after the file.
  expect(symbols).toMatchObject([{ symbol: 'ACME', expected: 390, filled: 29, gapCount: 2, largestGap: 360 }]);

  // Of the last four bars, the first one lacks minute 12.
  const bars = await json<ApiBar[]>('bars', 'cli', 'ACME', '--interval', '5m', '--last', '4');
  expect(bars).toMatchObject([
    { sourceCount: 4, complete: false },
    { sourceCount: 5, complete: true },
    { sourceCount: 5, complete: true },
    { sourceCount: 5, complete: true },
  ]);
  const [first, second] = [await json<object>('digest', 'cli'), await json<object>('digest', 'cli')];
  expect(first).toEqual(second);
  expect(first).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), bars: 29 });

  // A symbol without a bar is a warning, which `--strict` turns into exit code 2.
  const withUnknownSymbol = { ...spec, id: 'strict', symbols: ['ACME', 'NOPE'] };
  await writeFile(join(folder, 'strict.json'), JSON.stringify(withUnknownSymbol));
  const warned = await barkeep('run', 'strict.json', '--strict');
  expect(warned.code).toBe(2);
  expect(warned.stderr).toContain('warning: no dataset of the session has a bar of symbol NOPE');
  expect((await barkeep('run', 'strict.json')).code).toBe(0);
  const notWarned = await barkeep('run', 'spec.json', '--strict');
  expect(notWarned.code).toBe(0);
  expect(notWarned.stderr).not.toContain('warning:');

  // Exit code 1: the session exists with another spec, and a session without the symbol.
  await writeFile(join(folder, 'changed.json'), JSON.stringify({ ...spec, end: '2024-03-06' }));
  const changed = await barkeep('run', 'changed.json');
  expect(changed).toMatchObject({ code: 1, stdout: '' });
  expect(changed.stderr).toMatch(/was another spec.*; choose another id, or remove that session: barkeep rm cli\n/);
  const missing = await barkeep('bars', 'cli', 'NOBODY');
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(missing.stderr).toMatch(/symbol: expected one of session cli, was "NOBODY"/);
}, 300_000);

test('the demonstration fills all slots but three, counts those as unfillable, and gives the same digest each time', async () => {
  interface Demo {
    symbols: { expected: number; streamed: number; backfilled: number; unfillable: number }[];
    digest: { digest: string };
  }
  const runs = [await json<Demo>('demo'), await json<Demo>('demo')];
  const { symbols } = runs[0]!;
  expect(symbols).toHaveLength(10);
  for (const symbol of symbols) {
    expect(symbol.streamed).toBeLessThan(symbol.expected);
    expect(symbol.streamed + symbol.backfilled + symbol.unfillable).toBe(symbol.expected);
  }
  expect(symbols.reduce((sum, { unfillable }) => sum + unfillable, 0)).toBe(3);
  expect(runs[1]!.digest).toEqual(runs[0]!.digest);
}, 180_000);
