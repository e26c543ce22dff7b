/** `runBacktest` in a script outside of any project. Its environment names no server, so it starts private ones. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CLIENT = join(__dirname, '../../libs/client/dist/index.js');
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

it('runs on private servers, and leaves nothing in its folder', async () => {
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
