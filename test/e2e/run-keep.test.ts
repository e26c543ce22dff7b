/** `barkeep run --keep` on private servers: other commands of the project use its coordinator until Ctrl-C. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServers, Scope } from '@barkeep/local-system';
import { BARKEEP, runBarkeep } from '../support/programs/barkeep-command.js';
import { outputUntil } from '../support/programs/output-until.js';

const DATE = '2024-03-05';
const SPEC = { id: 'kept', symbols: ['ACME'], start: DATE, end: DATE, source: { type: 'dataset', dataset: 'mine' } };

let folder: string;
/** The environment of all commands. It names no servers, so `run --keep` starts private ones. */
let env: NodeJS.ProcessEnv;
/** `barkeep run --keep`, whose session has ended, and what it printed. */
let running: ChildProcess;
let notes: string;

const barkeep = (...args: string[]) => runBarkeep(args, folder, env);
const importAs = (dataset: string, environment: NodeJS.ProcessEnv) =>
  runBarkeep(['import', 'acme.csv', '--dataset', dataset, '--symbol', 'ACME'], folder, environment);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-keep-'));
  chmodSync(folder, 0o755); // PostgreSQL runs as another user, which must be able to enter the folder
  const { PATH, HOME } = process.env;
  env = { PATH, HOME, BARKEEP_DATA_DIR: join(folder, 'data') };
  writeFileSync(join(folder, 'acme.csv'), `time,open,high,low,close,volume\n${DATE}T14:30:00Z,100,101,99,100,5\n`);
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(SPEC));
  expect(await importAs('mine', env)).toMatchObject({ code: 0 });
  running = spawn(process.execPath, [BARKEEP, 'run', 'spec.json', '--keep'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  notes = await outputUntil(running.stderr!, /the coordinator stays at \S+/);
});

afterAll(async () => {
  if (running?.exitCode === null) {
    running.kill('SIGINT'); // the last test did not end it
    await once(running, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

test('`run --keep` says that other commands use its coordinator', () => {
  expect(notes).toContain('other commands of this project use it');
});

test.each([
  { command: ['datasets'], shown: 'mine' },
  { command: ['metrics', 'kept'], shown: 'ACME' },
])(
  'barkeep $command uses the servers of `run --keep`, and neither waits nor starts any',
  async ({ command, shown }) => {
    const { code, stdout, stderr } = await barkeep(...command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' }); // a wait or a start would print a line
    expect(stdout).toContain(shown);
  },
);

test('an import for another coordinator needs DATABASE_URL, because its database belongs to its own coordinator', async () => {
  const { code, stderr } = await importAs('theirs', { ...env, BARKEEP_URL: 'http://127.0.0.1:1' });
  expect(code).toBe(1);
  expect(stderr).toContain('expected DATABASE_URL, the database of the coordinator at http://127.0.0.1:1');
});

test('a command finds the database of `run --keep` also when BARKEEP_URL has another name of its address', async () => {
  const address = /stays at (\S+)/.exec(notes)![1]!.replace('127.0.0.1', 'localhost');
  const { stdout } = await runBarkeep(['datasets', '--json'], folder, { ...env, BARKEEP_URL: address });
  expect(JSON.parse(stdout)).toMatchObject({ datasets: [{ dataset: 'mine' }] });
});

test('`barkeep up` refuses to start beside `run --keep`', async () => {
  const refusal = { code: 1, stderr: expect.stringContaining('barkeep run --keep runs here already') };
  expect(await barkeep('up')).toMatchObject(refusal);
});

test('a command uses a server that its environment names in place of the private one', async () => {
  const named = 'redis://127.0.0.1:1/0';
  const options = { dataDir: join(folder, 'data', 'up'), keep: true };
  const { databaseUrl } = await findServers({ ...options, env }, new Scope());
  const found = await findServers({ ...options, env: { ...env, REDIS_URL: named } }, new Scope());
  expect(found).toMatchObject({ redisUrl: named, databaseUrl });
});

test('`run --keep` ends in order at Ctrl-C', async () => {
  running.kill('SIGINT');
  expect(await once(running, 'exit')).toEqual([0, null]);
});
