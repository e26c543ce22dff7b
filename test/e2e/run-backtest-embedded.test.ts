/** `runBacktest` in a script outside of any project. Its environment names no server, so it starts private ones. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runBarkeep } from '../support/programs/barkeep-command.js';

const CLIENT = join(__dirname, '../../libs/client/dist/index.js');
/** Runs one day of bars in memory. Prints the steps, the quality, and whether the certificate has the delivered hash. */
const SCRIPT = `
import { runBacktest } from ${JSON.stringify(CLIENT)};
const open = Date.parse('2024-03-04T14:30:00Z');
const bars = Array.from({ length: 390 }, (_, i) => ({ openTime: open + i * 60_000, open: 1, high: 2, low: 1, close: 2, volume: i }));
let steps = 0;
const { metrics, delivered, certificate } = await runBacktest({
  spec: { symbols: ['ACME'], start: '2024-03-04', end: '2024-03-04' },
  bars: { ACME: bars },
  onStep: () => { steps += 1; },
});
const [{ barQuality }] = metrics;
const [{ deliveredHash }] = certificate.consumers;
console.log(JSON.stringify({ steps, barQuality, certified: deliveredHash === delivered.hash }));
`;

/** Runs dataset `mine` and keeps the run, then runs it again. Prints the log, and whether both runs delivered the same. */
const KEEPING_SCRIPT = `
import { runBacktest } from ${JSON.stringify(CLIENT)};
const spec = { symbols: ['ACME'], start: '2024-03-05', end: '2024-03-05', source: { type: 'dataset', dataset: 'mine' } };
const lines = [];
const log = (line) => lines.push(line);
const kept = await runBacktest({ spec, log, keep: true });
const other = await runBacktest({ spec, log });
await kept.close();
console.log(JSON.stringify({ lines, equal: kept.delivered.hash === other.delivered.hash, steps: other.delivered.steps }));
`;

it('a script runs a dataset again while an earlier run of the same data is kept', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'barkeep-script-')));
  try {
    await chmod(folder, 0o755); // PostgreSQL runs as another user, which must be able to enter the folder
    await writeFile(
      join(folder, 'acme.csv'),
      'time,open,high,low,close,volume\n2024-03-05T14:30:00Z,100,101,99,100,5\n',
    );
    await writeFile(join(folder, 'run.mjs'), KEEPING_SCRIPT);
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, BARKEEP_DATA_DIR: join(folder, 'data') };
    const imported = await runBarkeep(['import', 'acme.csv', '--dataset', 'mine', '--symbol', 'ACME'], folder, env);
    expect(imported).toMatchObject({ code: 0 });
    const { stdout } = await promisify(execFile)(process.execPath, ['run.mjs'], { cwd: folder, env });
    expect(JSON.parse(stdout)).toEqual({ lines: [], equal: true, steps: 390 });
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('a script runs on private servers, and leaves nothing in its folder', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'barkeep-script-')));
  try {
    await writeFile(join(folder, 'run.mjs'), SCRIPT);
    const env = { ...process.env };
    for (const name of ['REDIS_URL', 'SESSION_REDIS_URL', 'DATABASE_URL']) delete env[name];
    const { stdout } = await promisify(execFile)(process.execPath, ['run.mjs'], { cwd: folder, env });
    expect(JSON.parse(stdout)).toEqual({ steps: 390, barQuality: 100, certified: true });
    expect(await readdir(folder)).toEqual(['run.mjs']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
