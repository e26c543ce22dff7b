/** `barkeep import` with nothing running and nothing configured: it starts a private PostgreSQL and keeps its data. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BARKEEP = join(__dirname, '../../apps/cli/bin/barkeep.js');
const HEADER = 'time,symbol,open,high,low,close,volume\n';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-project-'));
  await writeFile(join(folder, 'package.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function barkeep(...args: string[]): Promise<string> {
  const { DATABASE_URL: _d, REDIS_URL: _r, SESSION_REDIS_URL: _s, ...env } = process.env;
  return (await promisify(execFile)(process.execPath, [BARKEEP, ...args], { env, cwd: folder })).stdout;
}

describe('barkeep import on a bare machine', () => {
  it('lets two imports at once take turns, and finds both later', async () => {
    await writeFile(join(folder, 'a.csv'), `${HEADER}1709562600,A,1,2,1,2,5\n`);
    await writeFile(join(folder, 'b.csv'), `${HEADER}1709562600,B,1,2,1,2,5\n1709562660,B,1,2,1,2,5\n`);
    await Promise.all(['a', 'b'].map((name) => barkeep('import', `${name}.csv`, '--dataset', name)));
    const listed: unknown = JSON.parse(await barkeep('datasets', '--json'));
    const times = { first: '2024-03-04T14:30:00.000Z', last: '2024-03-04T14:30:00.000Z' };
    expect(listed).toEqual({
      datasets: [
        { dataset: 'a', symbols: 1, bars: 1, ...times },
        { dataset: 'b', symbols: 1, bars: 2, ...times, last: '2024-03-04T14:31:00.000Z' },
      ],
    });
  });

  it('has nothing running afterwards', () => {
    expect(existsSync(join(folder, '.barkeep/up/kept'))).toBe(true);
    expect(existsSync(join(folder, '.barkeep/up/kept/instance.json'))).toBe(false);
  });
});
