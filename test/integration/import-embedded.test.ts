/** `barkeep import` with nothing running and nothing configured: it starts a private PostgreSQL and keeps its data. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BARKEEP } from '../support/programs/barkeep-command.js';

const HEADER = 'time,symbol,open,high,low,close,volume\n';
/** A CSV row. @param time ISO 8601 */
const rowOf = (symbol: string, time: string) => `${time},${symbol},1,2,1,2,5\n`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'barkeep-project-'));
  await writeFile(join(folder, 'package.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `barkeep` without URLs of servers. @returns what it prints */
async function barkeep(...args: string[]): Promise<string> {
  const { DATABASE_URL: _1, REDIS_URL: _2, SESSION_REDIS_URL: _3, ...env } = process.env;
  return (await promisify(execFile)(process.execPath, [BARKEEP, ...args], { env, cwd: folder })).stdout;
}

describe('barkeep import without servers', () => {
  it('lets two simultaneous imports take turns, and keeps the data of both', async () => {
    const [first, second] = ['2024-03-04T14:30:00.000Z', '2024-03-04T14:31:00.000Z'] as const;
    await writeFile(join(folder, 'a.csv'), HEADER + rowOf('A', first));
    await writeFile(join(folder, 'b.csv'), HEADER + rowOf('B', first) + rowOf('B', second));
    await Promise.all(['a', 'b'].map((name) => barkeep('import', `${name}.csv`, '--dataset', name)));
    const listed: unknown = JSON.parse(await barkeep('datasets', '--json'));
    expect(listed).toEqual({
      datasets: [
        { dataset: 'a', symbols: 1, bars: 1, first, last: first },
        { dataset: 'b', symbols: 1, bars: 2, first, last: second },
      ],
    });
  });

  it('leaves no server running', () => {
    // The test before made the folder. Its state file exists only while servers run.
    expect(existsSync(join(folder, '.barkeep/up/kept'))).toBe(true);
    expect(existsSync(join(folder, '.barkeep/up/kept/instance.json'))).toBe(false);
  });
});
