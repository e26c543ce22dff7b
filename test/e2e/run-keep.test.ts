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
let env: NodeJS.ProcessEnv;
let running: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'barkeep-keep-'));
  chmodSync(folder, 0o755); // PostgreSQL runs as another user, which must be able to enter the folder
  const { PATH, HOME } = process.env;
  env = { PATH, HOME, BARKEEP_DATA_DIR: join(folder, 'data') };
  writeFileSync(join(folder, 'acme.csv'), `time,open,high,low,close,volume\n${DATE}T14:30:00Z,100,101,99,100,5\n`);
  writeFileSync(join(folder, 'spec.json'), JSON.stringify(SPEC));
});

afterAll(async () => {
  if (running?.exitCode === null) {
    running.kill('SIGINT');
    await once(running, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

test('other commands use the coordinator and the servers that `run --keep` leaves running', async () => {
  const imported = await runBarkeep(['import', 'acme.csv', '--dataset', 'mine', '--symbol', 'ACME'], folder, env);
  expect(imported).toMatchObject({ code: 0 });
  running = spawn(process.execPath, [BARKEEP, 'run', 'spec.json', '--keep'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const notes = await outputUntil(running.stderr!, /the coordinator stays at \S+/);
  expect(notes).toContain('other commands of this project use it');
  for (const command of [['datasets'], ['metrics', 'kept']]) {
    const { code, stdout, stderr } = await runBarkeep(command, folder, env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' }); // it neither waits nor starts servers
    expect(stdout).toContain(command[0] === 'datasets' ? 'mine' : 'ACME');
  }

  // The database of `run --keep` belongs to its own coordinator: an import for another coordinator needs DATABASE_URL.
  const theirs = { ...env, BARKEEP_URL: 'http://127.0.0.1:1' };
  const refused = await runBarkeep(['import', 'acme.csv', '--dataset', 'theirs', '--symbol', 'ACME'], folder, theirs);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('expected DATABASE_URL, the database of the coordinator at http://127.0.0.1:1');
  // Another name of its own address: the command finds the database.
  const ours = { ...env, BARKEEP_URL: /stays at (\S+)/.exec(notes)![1]!.replace('127.0.0.1', 'localhost') };
  const { stdout: listed } = await runBarkeep(['datasets', '--json'], folder, ours);
  expect(JSON.parse(listed)).toMatchObject({ datasets: [{ dataset: 'mine' }] });

  const up = await runBarkeep(['up'], folder, env);
  expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('barkeep run --keep runs here already') });

  // A server that the environment names replaces that of the running command.
  const scope = new Scope();
  const named = 'redis://127.0.0.1:1/0';
  const options = { dataDir: join(folder, 'data', 'up'), keep: true };
  const found = await findServers({ ...options, env: { ...env, REDIS_URL: named } }, scope);
  const { databaseUrl } = await findServers({ ...options, env }, scope);
  expect(found).toMatchObject({ redisUrl: named, databaseUrl });

  running.kill('SIGINT');
  const [code] = (await once(running, 'exit')) as [number | null];
  expect(code).toBe(0);
});
