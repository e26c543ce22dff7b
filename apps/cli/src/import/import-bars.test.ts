import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bar } from '@barkeep/bars';
import { zipSync } from 'fflate';
import { CSV_DEFAULTS } from './csv-bars.js';
import { importBars } from './import-bars.js';
import type { BarWriter, ImportPlan } from './import-plan.js';
import { globPattern, inputFiles, symbolFromPath } from './input-files.js';
import type { ImportSummary } from './summary.js';

const HEADER = 'time,symbol,open,high,low,close,volume\n';
const csvRows = (count: number): string =>
  HEADER + Array.from({ length: count }, (_, i) => `${i * 60},S${i % 3},10,12,9,11,500\n`).join('');
const leanRows = (count: number): Uint8Array =>
  Buffer.from(Array.from({ length: count }, (_, i) => `${34_200_000 + i * 60_000},1,2,1,2,5\n`).join(''));

/** Counts what it is given; the import's real writer is tested on Postgres. */
class CountingWriter implements BarWriter {
  readonly counts: Record<string, number> = {};
  aborted = false;
  constructor(private readonly failAfter = Infinity) {}
  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
  write(symbol: string, bars: readonly Bar[]): Promise<void> {
    this.counts[symbol] = (this.counts[symbol] ?? 0) + bars.length;
    return this.total > this.failAfter ? Promise.reject(new Error('disk full')) : Promise.resolve();
  }
  finish(): Promise<{ accepted: number; duplicate: number; conflicting: number }> {
    return Promise.resolve({ accepted: this.total, duplicate: 0, conflicting: 0 });
  }
  abort(): Promise<void> {
    this.aborted = true;
    return Promise.resolve();
  }
}

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'barkeep-import-'))));
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function run(format: 'csv' | 'lean', writer: BarWriter, plan: Partial<ImportPlan> = {}): Promise<ImportSummary> {
  const files = await inputFiles([folder], format);
  const showPath = (path: string): string => relative(folder, path);
  return importBars({ dataset: 'd', files, format, csv: CSV_DEFAULTS, lean: {}, showPath, ...plan }, writer, () => {});
}

describe('an import', () => {
  it('reads plain, gzipped and zipped CSV files and adds them up', async () => {
    await put('a.csv', csvRows(1000));
    await put('b.csv.gz', gzipSync(csvRows(500)));
    await put('c.zip', zipSync({ 'one.csv': Buffer.from(csvRows(3)), 'two.csv': Buffer.from(csvRows(3)) }));
    await put('LICENSE', 'not data');
    const writer = new CountingWriter();
    const summary = await run('csv', writer);
    expect(summary).toMatchObject({ files: 3, rows: 1506, accepted: 1506, refused: { rows: 0, files: 0, first: [] } });
    expect(writer.counts).toEqual({ S0: 503, S1: 502, S2: 501 });
  });

  it('tells of every damaged file and keeps the good ones', async () => {
    const good = zipSync({ '20131004_spy_minute_trade.csv': leanRows(390) });
    const flipped = Uint8Array.from(good);
    flipped.fill(0x55, 70, 90);
    const place = 'equity/usa/minute/spy';
    await put(`${place}/20131004_trade.zip`, good);
    await put(`${place}/20131007_trade.zip`, flipped);
    await put(`${place}/20131008_trade.zip`, good.subarray(0, 200));
    await put(`${place}/20131009_trade.zip`, 'this is no zip file at all');
    await put(`${place}/20131010_trade.zip`, zipSync({}));
    await put(`${place}/20131011_trade.zip`, '');
    const summary = await run('lean', new CountingWriter());
    expect(summary).toMatchObject({ accepted: 390, refused: { files: 5, rows: 0, reasons: { 'unreadable-file': 5 } } });
    expect(summary.refused.first[0]).toMatchObject({ file: `${place}/20131007_trade.zip`, line: 0 });
    expect(summary.refused.first[3]?.detail).toContain('was an empty zip');
  });

  it('counts all refused rows and shows the first ten, with file and line', async () => {
    await put('bad.csv', HEADER + 'nonsense\n'.repeat(25) + '60,SPY,10,12,9,11,500\n');
    const { accepted, refused } = await run('csv', new CountingWriter());
    expect({ accepted, rows: refused.rows, shown: refused.first.length }).toEqual({ accepted: 1, rows: 25, shown: 10 });
    expect(refused.first[9]).toMatchObject({ file: 'bad.csv', line: 11, reason: 'missing-fields' });
  });

  it('ends, and keeps nothing, when the writer fails', async () => {
    await put('a.csv', csvRows(120_000));
    const writer = new CountingWriter(60_000);
    await expect(run('csv', writer)).rejects.toThrow('disk full');
    expect(writer.aborted).toBe(true);
  });

  it('takes the symbol from the path', async () => {
    const rows = 'time,o,h,l,c,v\n60,1,1,1,1,1\n';
    await put('1m/spy.csv', rows);
    await put('1m/brk.b.csv', rows);
    const writer = new CountingWriter();
    await run('csv', writer, { symbolOf: symbolFromPath('1m/{symbol}.csv') });
    expect(writer.counts).toEqual({ SPY: 1, 'BRK.B': 1 });
  });
});

describe('the names of the files', () => {
  it('may be patterns', async () => {
    await put('x/2013/spy.csv', '');
    await put('x/2014/spy.csv', '');
    await put('x/2014/ibm.csv', '');
    const names = async (pattern: string): Promise<string[]> =>
      (await inputFiles([join(folder, pattern)], 'csv')).map((file) => relative(folder, file.path));
    expect(await names('x/*/spy.csv')).toEqual(['x/2013/spy.csv', 'x/2014/spy.csv']);
    expect(await names('**/{ibm,aapl}.csv')).toEqual(['x/2014/ibm.csv']);
    expect(await names('x/201[34]/s?y.csv')).toHaveLength(2);
  });

  it('are refused when nothing is there', async () => {
    await expect(inputFiles([join(folder, 'gone.csv')], 'csv')).rejects.toThrow('no such file');
    await expect(inputFiles([folder], 'lean')).rejects.toThrow('expected lean files');
  });

  it('are compared as a whole and literally where they have no wildcard', () => {
    expect(globPattern('/a/b.csv').test('/a/bxcsv')).toBe(false);
    expect(globPattern('/a/*.csv').test('/a/b/c.csv')).toBe(false);
    expect(globPattern('/a/**/*.csv').test('/a/b/c/d.csv')).toBe(true);
  });
});
