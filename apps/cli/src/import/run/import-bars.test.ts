/**
 * Whole imports of folders with plain and packed files: what is stored, what is refused, and how an import ends early.
 * Invariants of docs/ARCHITECTURE.md: no invalid bar is stored, and each refusal is counted with its reason (I7); memory is bounded (I8).
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bar } from '@barkeep/bars';
import { zipSync } from 'fflate';
import { READ_DEFAULTS, type ReadOptions } from '../detect/index.js';
import { inputFiles, symbolReader } from '../files/index.js';
import { SymbolNames } from '../reading/index.js';
import { importBars } from './import-bars.js';
import type { BarWriter, ImportEvents, ImportPlan } from './import-plan.js';
import { type ImportSummary, summaryText, understoodText } from './summary.js';

/** Midnight of 2024-03-04, epoch seconds. */
const START = Date.UTC(2024, 2, 4) / 1000;
const HEADER = 'time,symbol,open,high,low,close,volume\n';
/** A CSV file with one bar of 2024-03-04T14:30Z, packed with zstd. */
const ZSTD = Buffer.from(
  'KLUv/QRYEQIAdGltZSxvcGVuLGhpZ2gsbG93LGNsb3NlLHZvbHVtZQoyMDI0LTAzLTA0VDE0OjMwOjAwWiwxMCwxMSw5LDEwLDUKKrz43A==',
  'base64',
);
/** A file of consecutive minutes. Their symbols are S0, S1 and S2 in turn. */
const csvFile = (minutes: number): string =>
  HEADER + Array.from({ length: minutes }, (_, i) => `${START + i * 60},S${i % 3},10,12,9,11,500\n`).join('');
/** 09:30 in a Lean file: milliseconds since midnight. */
const LEAN_OPEN = 34_200_000;
/** A Lean file of the first minutes of a trading day. @param minutes their number */
const leanFile = (minutes: number): Uint8Array =>
  Buffer.from(Array.from({ length: minutes }, (_, i) => `${LEAN_OPEN + i * 60_000},1,2,1,2,5\n`).join(''));

/** Counts the bars that it gets, by symbol, instead of storing them. Fails when it has more than `failAfter`. */
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

/** Writes a file into the folder that is imported. */
async function put(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

interface RunOptions extends Partial<Omit<ImportPlan, 'read'>> {
  writer?: BarWriter;
  read?: Partial<ReadOptions>;
  onProgress?: ImportEvents['onProgress'];
}

/** Imports the folder. */
async function run(options: RunOptions = {}): Promise<ImportSummary> {
  const { writer = new CountingWriter(), read, onProgress = () => undefined, ...plan } = options;
  const files = await inputFiles([folder], read?.format === 'lean');
  const showPath = (path: string): string => relative(folder, path);
  const readOptions = { ...READ_DEFAULTS, symbolNames: new SymbolNames(), ...read };
  const fullPlan = { dataset: 'd', files, read: readOptions, oneSymbol: false, showPath, ...plan };
  return importBars(fullPlan, writer, { onProgress });
}

describe('an import', () => {
  it('reads plain, gzipped and zipped CSV files, and counts their rows together', async () => {
    await put('a.csv', csvFile(1000));
    await put('b.csv.gz', gzipSync(csvFile(500)));
    await put('c.zip', zipSync({ 'one.csv': Buffer.from(csvFile(3)), 'two.csv': Buffer.from(csvFile(3)) }));
    await put('LICENSE', 'not data'); // its name is not that of a data file, so it is not read
    const writer = new CountingWriter();
    const summary = await run({ writer });
    // 1000 + 500 + 2 × 3 rows of three symbols in turn.
    expect(summary).toMatchObject({ files: 3, rows: 1506, accepted: 1506, refused: { rows: 0, files: 0, first: [] } });
    expect(writer.counts).toEqual({ S0: 503, S1: 502, S2: 501 });
  });

  it('reports how much of a zip with many small files it has read', async () => {
    const text = Buffer.from(csvFile(6000)); // less than the start of a file that is read to plan it
    const names = Array.from({ length: 20 }, (_, file) => `${file}.csv`);
    const zip = zipSync(Object.fromEntries(names.map((name) => [name, text])), { level: 0 });
    await put('a.zip', zip);
    const shares: number[] = [];
    await run({ onProgress: (bytes) => shares.push(bytes / zip.length) });
    expect(shares[0]).toBeGreaterThan(0.4); // 50,000 of 120,000 bars make the first report
    expect(Math.max(...shares)).toBe(1);
  });

  it('I7 refuses every damaged file, and stores the other files', async () => {
    const good = zipSync({ '20131004_spy_minute_trade.csv': leanFile(390) });
    const flipped = Uint8Array.from(good);
    flipped.fill(0x55, 70, 90); // a part of the packed rows
    const place = 'equity/usa/minute/spy';
    await put(`${place}/20131004_trade.zip`, good);
    await put(`${place}/20131007_trade.zip`, flipped);
    await put(`${place}/20131008_trade.zip`, good.subarray(0, 200));
    await put(`${place}/20131009_trade.zip`, leanFile(1)); // text in spite of its name, and valid
    await put(`${place}/20131010_trade.zip`, zipSync({}));
    const summary = await run({ read: { format: 'lean' } });
    expect(summary).toMatchObject({
      accepted: 390 + 1,
      refused: { files: 3, rows: 0, reasons: { 'unreadable-file': 3 } },
    });
    const [flippedFile, _cutShortFile, emptyZip] = summary.refused.first;
    expect(flippedFile?.line).toBe(0);
    expect(flippedFile?.detail).toContain('20131004_spy'); // the name of the entry, which is the same in all files
    expect(flippedFile?.file).toContain(`${place}/20131007_trade.zip!`);
    expect(emptyZip?.detail).toContain('was an empty zip');
  });

  it('refuses a link to nothing, and reads the other files', async () => {
    await put('a.csv', csvFile(3));
    await symlink(join(folder, 'gone.csv'), join(folder, 'b.csv'));
    const summary = await run();
    const first = [{ file: 'b.csv', reason: 'unreadable-file' }];
    expect(summary).toMatchObject({ accepted: 3, refused: { files: 1, first } });
  });

  it('counts all refused rows and shows the first ten, with file and line', async () => {
    await put('bad.csv', HEADER + 'nonsense\n'.repeat(25) + `${START},SPY,10,12,9,11,500\n`);
    const { accepted, refused } = await run();
    expect({ accepted, rows: refused.rows, shown: refused.first.length }).toEqual({ accepted: 1, rows: 25, shown: 10 });
    expect(refused.first[9]).toMatchObject({ file: 'bad.csv', line: 11, reason: 'missing-fields' });
  });

  it('prints no control characters of a file, which a terminal would obey', async () => {
    const header = 'time,op\u001ben,high,low,close,volume,exchange\n';
    const rows = `${START},10,12,9,11,5,A\n${START + 60},10,12,9,11,5,\u001b\n`;
    await put('\u001b.zip', zipSync({ '\u001b.csv': Buffer.from(header + rows) }));
    const summary = await run({ read: { symbol: 'X' } });
    expect(summary).toMatchObject({ accepted: 2, warnings: [expect.stringContaining('"exchange"')] });
    expect(summaryText(summary) + understoodText(summary.understood[0]!)).not.toContain('\u001b');
  });

  it('ends when the writer fails, and has the writer remove what was stored', async () => {
    await put('a.csv', csvFile(120_000));
    const writer = new CountingWriter(60_000);
    await expect(run({ writer })).rejects.toThrow('disk full');
    expect(writer.aborted).toBe(true); // the writer's abort removes what it stored
  });

  it('stores nothing when it is interrupted before its first file', async () => {
    for (const name of ['a.csv', 'b.csv', 'c.csv']) await put(name, csvFile(3));
    const writer = new CountingWriter();
    await expect(run({ writer, signal: AbortSignal.abort(new Error('interrupted')) })).rejects.toThrow('interrupted');
    expect(writer).toMatchObject({ total: 0, aborted: true });
  });

  it('refuses an invalid symbol of a wide file, whose rows have several symbols, and stores the other one', async () => {
    const symbols = 'A B,A B,A B,A B,A B,C,C,C,C,C';
    const labels = 'Open,High,Low,Close,Volume,Open,High,Low,Close,Volume';
    await put('wide.csv', `Price,${labels}\nTicker,${symbols}\n2024-03-04 14:30:00+00:00,1,1,1,1,1,1,1,1,1,1\n`);
    const { refused, accepted } = await run();
    expect(accepted).toBe(1);
    expect(refused).toMatchObject({ rows: 1, files: 0, reasons: { 'bad-symbol': 1 }, first: [{ line: 3 }] });
  });

  it('reads JSON whose later objects have their keys in another order', async () => {
    const objects = Array.from({ length: 6000 }, (_, minute) => {
      const t = (START + minute * 60) * 1000;
      const prices = { o: 1, h: 2, l: 1, c: 2 };
      return minute < 3000 ? { t, ...prices, v: 5 } : { v: 5, ...prices, t };
    });
    await put('a.json', JSON.stringify(objects));
    const { accepted, refused } = await run({ read: { symbol: 'X' } });
    expect({ accepted, files: refused.files }).toEqual({ accepted: 6000, files: 0 });
  });

  it('takes the symbol from the path when it has a pattern for it', async () => {
    const rows = `time,o,h,l,c,v\n${START},1,1,1,1,1\n`;
    await put('1m/spy.csv', rows);
    await put('1m/brk.b.csv', rows);
    const writer = new CountingWriter();
    await run({ writer, symbolOf: symbolReader('1m/{symbol}.csv') });
    expect(writer.counts).toEqual({ spy: 1, 'brk.b': 1 });
  });
});

describe('an import of packed files', () => {
  /** A file with one bar, all of whose prices are the same. */
  const oneBar = (minute: number, price: number): Uint8Array =>
    Buffer.from(`timestamp,open,high,low,close,volume\n${START + minute * 60},${price},${price},${price},${price},5\n`);

  it('reads each entry of a zip as a file, and leaves out the files that macOS adds and files without data', async () => {
    const zip = zipSync({
      './AAPL_1m.csv': oneBar(0, 10), // a name that `bsdtar` writes
      'MSFT_1m.csv': oneBar(0, 20),
      '__MACOSX/._AAPL_1m.csv': Buffer.from('junk'),
      'readme.pdf': Buffer.from('junk'),
    });
    await put('bundle.zip', zip);
    const writer = new CountingWriter();
    const summary = await run({ writer, symbolOf: symbolReader('{symbol}_1m.csv') });
    expect(summary.refused).toMatchObject({ rows: 0, files: 0 });
    expect(writer.counts).toEqual({ AAPL: 1, MSFT: 1 });
  });

  it('refuses a zip whose files would become one symbol, unless --one-symbol is given', async () => {
    await put('FRD.zip', zipSync({ 'a.csv': oneBar(0, 10), 'b.csv': oneBar(1, 20) }));
    const symbolOf = symbolReader('{symbol}.zip');
    const { accepted, refused } = await run({ symbolOf });
    expect({ accepted, reasons: refused.reasons }).toEqual({ accepted: 0, reasons: { 'mixed-symbols': 1 } });
    expect(refused.files).toBe(1);
    expect((await run({ read: { symbol: 'X' } })).refused.files).toBe(1);
    expect((await run({ symbolOf, oneSymbol: true })).accepted).toBe(2);
  });

  it('stores each contract of a Lean zip as a symbol, and refuses the zip when --symbol would make them one', async () => {
    const nameOf = (month: string): string => `20240304_es_minute_trade_${month}.csv`;
    const zip = zipSync({ [nameOf('202403')]: leanFile(3), [nameOf('202406')]: leanFile(3) });
    await put('future/cme/minute/es/20240304_trade.zip', zip);
    const writer = new CountingWriter();
    await run({ writer, read: { format: 'lean' } });
    expect(writer.counts).toEqual({ ES202403: 3, ES202406: 3 });
    const { accepted, refused } = await run({ read: { format: 'lean', symbol: 'ES' } });
    expect({ accepted, reasons: refused.reasons }).toEqual({ accepted: 0, reasons: { 'mixed-symbols': 1 } });
  });

  it('stores nothing of a file that is cut short: gzip, JSON or zstd', async () => {
    const whole = gzipSync(csvFile(20_000));
    await put('a.csv.gz', whole.subarray(0, whole.length - 20));
    await put('b.json', '[[1709562600000,1,1,1,1,1],[1709562660000,1,1,');
    await put('c.csv', ZSTD.subarray(0, -6)); // zstd in spite of its name
    const summary = await run({ read: { symbol: 'A' } });
    expect(summary).toMatchObject({ accepted: 0, refused: { files: 3, reasons: { 'unreadable-file': 3 } } });
  });

  it('stores nothing of JSON that is damaged after its first rows, and names the line', async () => {
    await put('a.json', '[[1709562600000,1,1,1,1,1],\n[1709562660000,1,1,1,1,1]},\n[1709562720000,1,1,1,1,1]]');
    const { accepted, refused } = await run();
    expect({ accepted, files: refused.files }).toEqual({ accepted: 0, files: 1 });
    expect(refused.first[0]).toMatchObject({ line: 2, reason: 'unreadable-file' });
  });

  it('recognises the packing and the encoding of a file by its first bytes, not by its name', async () => {
    await put('plain.csv.gz', csvFile(3));
    await put('packed.csv', gzipSync(csvFile(3)));
    await put('twice.csv.gz', gzipSync(gzipSync(csvFile(3))));
    await put('utf16.csv', Buffer.from(`\ufeff${csvFile(3)}`, 'utf16le'));
    await put('utf16be.csv', Buffer.from(`\ufeff${csvFile(3)}`, 'utf16le').swap16());
    await put('zstd.csv', ZSTD);
    const summary = await run({ read: { symbol: 'A' }, oneSymbol: true });
    // Five files of three rows, and one of one row.
    expect(summary).toMatchObject({ accepted: 5 * 3 + 1, refused: { files: 0, rows: 0 } });
  });

  it.each([
    ['BZh91AY&SY', 'bzip2'],
    ['PAR1xxxx', 'Parquet'],
    ['<!DOCTYPE html><html>', 'web page'],
  ])('refuses a file of a kind that it does not read, and names the kind: %s', async (bytes, name) => {
    await put('a.csv', bytes);
    const { refused } = await run();
    expect(refused.reasons).toEqual({ 'unreadable-file': 1 });
    expect(refused.first[0]?.detail).toContain(name);
  });

  it('refuses a file of zstd when a frame does not have its checksum, or needs a large window of memory', async () => {
    const changed = Buffer.from(ZSTD);
    changed[ZSTD.indexOf(',10,11,') + 2] = 0x31; // the open is 11 instead of 10: the bar is valid, but the checksum is not
    const skippable = Buffer.from('502a4d18020000006869', 'hex'); // a frame that readers skip: its two bytes are "hi"
    await put('whole.csv', Buffer.concat([skippable, ZSTD, ZSTD]));
    await put('changed.csv', Buffer.concat([ZSTD, changed]));
    await put('large-window.csv', Buffer.from('28b52ffd04f0010000', 'hex')); // a window of 2^40 bytes
    const { accepted, refused } = await run({ read: { symbol: 'A' }, oneSymbol: true });
    // whole.csv has two bars; the header of its second frame is refused as a row.
    expect({ accepted, files: refused.files, reasons: refused.reasons }).toEqual({
      accepted: 2,
      files: 2,
      reasons: { 'unreadable-file': 2, 'unreadable-time': 1 },
    });
  });

  it('I8 needs less memory than the size that a file unpacks to', async () => {
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'x'), { level: 1 });
    await put('bomb.csv.gz', Buffer.concat(Array.from({ length: 10 }, () => member)));
    const rssBefore = process.memoryUsage().rss;
    let rssMax = 0;
    const timer = setInterval(() => (rssMax = Math.max(rssMax, process.memoryUsage().rss)), 20);
    await run({ read: { symbol: 'A' } });
    clearInterval(timer);
    const usedMb = (rssMax - rssBefore) / 1024 / 1024;
    expect(usedMb).toBeLessThan(120); // the file unpacks to 160 MB
  });
});
