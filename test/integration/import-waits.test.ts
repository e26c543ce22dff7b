/**
 * Commands that wait because an import into the same dataset runs: what they print, how they are stopped, and what they store.
 * Invariants of docs/ARCHITECTURE.md: no invalid bar is stored (I7); a call that fails has changed nothing (I13).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BarImporter, createDataSource, datasetNames, migrate } from '@barkeep/bar-repository';
import type { Bar } from '@barkeep/bars';
import type { DataSource } from 'typeorm';
import { BARKEEP } from '../support/programs/barkeep-command.js';
import { createTestDatabase, type TestDatabase } from '../support/setup/database.js';

const OPEN = Date.UTC(2024, 2, 4, 14, 30);
/** The bar of a minute, counted from {@link OPEN}. */
const barAt = (minute: number): Bar => ({
  openTime: OPEN + minute * 60_000,
  open: 1,
  high: 2,
  low: 1,
  close: 2,
  volume: 5,
});

let database: TestDatabase;
let dataSource: DataSource;
let folder: string;
/** The import that runs in this process while a command waits for it. */
let running: BarImporter;
let commands: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
  await migrate(dataSource);
  folder = await mkdtemp(join(tmpdir(), 'barkeep-waits-'));
  const rows = [10, 15, 20, 25].map((minute) => `${new Date(OPEN + minute * 60_000).toISOString()},A,1,2,1,2,5\n`);
  await writeFile(join(folder, 'fives.csv'), `time,symbol,open,high,low,close,volume\n${rows.join('')}`);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
  await rm(folder, { recursive: true });
});
// An open importer has the lock of its dataset, so every command that needs the dataset waits. The dataset stays from test to test.
beforeEach(async () => (running = await BarImporter.open(dataSource, 'shared')));
afterEach(async () => {
  for (const command of commands) command.kill('SIGKILL');
  commands = [];
  await running.abort();
});

/** Starts a command. `ended` resolves to its exit code and its text on stderr. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [BARKEEP, ...args], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: database.url },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  commands.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stderr }));
  /** Resolves when stderr has the text. */
  const says = async (text: string): Promise<void> => {
    while (!stderr.includes(text)) await once(child.stderr, 'data');
  };
  return { child, ended, says };
}

/** Resolves when the command waits for the running import: one of its connections to PostgreSQL waits for a lock. */
async function untilBlocked(): Promise<void> {
  const blocked = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'barkeep-cli' AND wait_event_type = 'Lock'`;
  while ((await dataSource.query<unknown[]>(blocked)).length === 0) await new Promise(setImmediate);
}

/** Ends the running import. It stores bars of symbol A at these minutes. */
async function finishRunning(minutes: readonly number[]): Promise<void> {
  await running.write('A', minutes.map(barAt));
  await running.finish();
}

const importFives = () => start('import', 'fives.csv', '--dataset', 'shared', '--interval', '5m');

describe('while an import into a dataset runs', () => {
  it('I13 a second import says that it waits; Ctrl-C ends it, and it creates no dataset', async () => {
    const waiting = importFives();
    await waiting.says('waiting for another import into dataset shared');
    waiting.child.kill('SIGINT');
    const { code, stderr } = await waiting.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('nothing of this import was kept');
    await running.abort();
    expect(await datasetNames(dataSource)).not.toContain('shared');
  });

  it('I7 another import that waits for it fails when the running one stores bars of another interval', async () => {
    const waiting = importFives();
    await untilBlocked();
    await finishRunning([0, 1, 2, 3]);
    const { code, stderr } = await waiting.ended;
    expect(stderr).toContain('dataset shared has 1-minute bars');
    expect(code).toBe(1);
    const [count] = await dataSource.query<{ bars: number }[]>('SELECT count(*)::int AS bars FROM bars');
    expect(count).toEqual({ bars: 4 });
  });

  it('I7 another import that waits for it fails when the running one stores a symbol that differs only in case', async () => {
    await writeFile(
      join(folder, 'lower.csv'),
      'time,symbol,open,high,low,close,volume\n2024-03-04T14:30Z,b,1,2,1,2,5\n',
    );
    const waiting = start('import', 'lower.csv', '--dataset', 'shared');
    await untilBlocked();
    await running.write('B', [barAt(0)]);
    await running.finish();
    const { code, stderr } = await waiting.ended;
    expect(stderr).toContain('got the symbol "B" from another import meanwhile, which differs only in case from "b"');
    expect(code).toBe(1);
    const stored = await dataSource.query<unknown[]>(`SELECT name FROM symbols WHERE name IN ('b', 'B')`);
    expect(stored).toEqual([{ name: 'B' }]);
  });

  it('I13 Ctrl-C ends a removal of the dataset that waits for it, and nothing is removed', async () => {
    await finishRunning([0]);
    running = await BarImporter.open(dataSource, 'shared');
    const waiting = start('dataset', 'rm', 'shared');
    await untilBlocked();
    waiting.child.kill('SIGINT');
    expect((await waiting.ended).code).toBe(130);
    await running.abort();
    expect(await datasetNames(dataSource)).toContain('shared');
  });

  it('I13 Ctrl-C ends a pack command that waits until the import has stored its rows', async () => {
    await finishRunning([0]);
    const writer = dataSource.createQueryRunner();
    await writer.startTransaction();
    await writer.query(`SELECT FROM datasets WHERE name = 'shared' FOR SHARE`); // as an import does while it stores its rows
    const packing = start('pack', 'shared');
    await untilBlocked();
    packing.child.kill('SIGINT');
    expect((await packing.ended).code).toBe(130);
    await writer.rollbackTransaction();
    await writer.release();
  });
});
