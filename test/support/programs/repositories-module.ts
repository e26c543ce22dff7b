/**
 * A user's module of repositories for a test system. It answers from a table of rows, misbehaves as configured, and
 * logs every request to a file, so that a test can count the requests of all processes.
 */
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from '../data/lean-data.js';

/** The message of the error that `flaky` throws. */
export const FLAKY_ERROR = 'the vendor is down';
/** Number of requests for one symbol's day in which `flaky` throws. */
export const FLAKY_THROWS = 4;
/**
 * Invalid records in every answer of `sloppy`, by the reason for which they must be refused. The malformed ones are a
 * bar of another symbol, a bar of another date, and null.
 */
export const SLOPPY_RECORDS = { 'not-finite': 1, 'high-below-low': 1, 'off-grid': 1, malformed: 3 };

/**
 * The repositories: `flaky` throws at first, `sloppy` adds invalid records and writes numbers as text, and `odd` is no
 * repository. `logRequest` returns the number of earlier requests with the same arguments.
 */
const MODULE = `
const fs = require('node:fs');
const path = require('node:path');
const rows = JSON.parse(fs.readFileSync(path.join(__dirname, 'rows.json'), 'utf8'));
const log = path.join(__dirname, 'requests.log');
fs.appendFileSync(log, '');

function logRequest(name, symbol, start) {
  const line = [name, symbol, start.toISOString().slice(0, 10)].join(' ');
  const before = fs.readFileSync(log, 'utf8').split('\\n').filter((other) => other === line).length;
  fs.appendFileSync(log, line + '\\n');
  return before;
}
const between = (symbol, start, end) =>
  rows.filter((row) => row.symbol === symbol && row.time >= start.toISOString() && row.time < end.toISOString());

module.exports = {
  flaky: {
    async getBarsBySymbol(symbol, start, end) {
      if (logRequest('flaky', symbol, start) < ${FLAKY_THROWS}) throw new Error('${FLAKY_ERROR}');
      return between(symbol, start, end);
    },
  },
  sloppy: {
    getBars({ symbol, start, end }) {
      logRequest('sloppy', symbol, start);
      const good = between(symbol, start, end);
      const { time, ...values } = good[0];
      const halfMinute = new Date(Date.parse(time) + 30000);
      return [
        { ...good[0], close: NaN }, // not-finite
        { ...good[0], high: 1, low: 2 }, // high-below-low
        { ...values, openTime: halfMinute }, // off-grid
        { ...good[0], symbol: 'OTHER' }, // malformed, like the next two
        { ...good[0], time: '2001-01-02T15:00:00Z' },
        null,
        ...good.map((row) => ({ ...row, open: String(row.open), volume: String(row.volume) })),
      ];
    },
  },
  odd: { answer: 42 },
};
`;

export class RepositoriesModule {
  private constructor(private readonly folder: string) {}

  /** Writes the module into a separate folder. @param rows the bars that its repositories have */
  static async create(rows: readonly Row[]): Promise<RepositoriesModule> {
    const folder = await mkdtemp(join(tmpdir(), 'barkeep-repositories-'));
    await writeFile(join(folder, 'rows.json'), JSON.stringify(rows));
    await writeFile(join(folder, 'repositories.cjs'), MODULE);
    return new RepositoriesModule(folder);
  }

  /** For BARKEEP_REPOSITORIES. */
  get path(): string {
    return join(this.folder, 'repositories.cjs');
  }

  /** The number of requests by `REPOSITORY SYMBOL DATE`. */
  async requestCounts(): Promise<Map<string, number>> {
    const lines = (await readFile(join(this.folder, 'requests.log'), 'utf8')).trim().split('\n');
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
