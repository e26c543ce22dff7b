/** Zips of several files, and files that are not what their names say. */
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { symbolReader } from '../files/index.js';
import { CSV_HEADER, MINUTE_MS, minuteRow, OPEN, wallRows } from '../../../../../test/support/data/import-texts.js';
import { countsOf, detailOf, imported, reasonsOf, STORE_AS_X } from '../../../../../test/support/data/imported-file.js';

const csvFile = (rows: string): Uint8Array => Buffer.from(CSV_HEADER + rows);

describe('a zip of two files', () => {
  /** A file with one bar, in the time of New York. @param minute after 09:30 */
  const entry = (minute: number, price: number): Uint8Array =>
    Buffer.from(
      `timestamp,open,high,low,close,volume\n2024-03-04 09:${30 + minute}:00,${price},${price + 1},${price - 1},${price},5\n`,
    );
  const zone = 'America/New_York';

  it('has each file stored under the symbol in its name', async () => {
    const zip = zipSync({ 'AAPL_1min.txt': entry(0, 10), 'MSFT_1min.txt': entry(0, 20) });
    const { bars } = await imported('bundle.zip', zip, {
      symbolOf: symbolReader('{symbol}_1min.txt'),
      read: { zone },
    });
    expect(bars).toEqual([
      ['AAPL', '2024-03-04T14:30Z', 10, 11, 9, 10, 5],
      ['MSFT', '2024-03-04T14:30Z', 20, 21, 19, 20, 5],
    ]);
  });

  it('is refused when the symbol is in the name of the zip, because both files would become that symbol', async () => {
    const zip = zipSync({ 'AAPL_1min.txt': entry(0, 10), 'MSFT_1min.txt': entry(1, 20) });
    const result = await imported('FRD.zip', zip, { symbolOf: symbolReader('{symbol}.zip'), read: { zone } });
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });

  it('is refused when --symbol would make both files one symbol, also when they are large JSON', async () => {
    const values = ['10.00', '11.00', '9.00', '10.00', '5.000'];
    const bars = Array.from({ length: 6000 }, (_, minute) => [OPEN + minute * MINUTE_MS, ...values]);
    const file = Buffer.from(JSON.stringify(bars));
    expect(file.length).toBeGreaterThan(256 * 1024); // more than the part that is read to plan an entry
    const result = await imported('two.zip', zipSync({ '1.json': file, '2.json': file }), STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });
});

describe('a zip', () => {
  it('may have thousands of files, compressed or not, and one that is larger than a block of the reader', async () => {
    // Long names make a large directory of the zip.
    const names = Array.from({ length: 3000 }, (_, at) => `${'folder of the vendor/'.repeat(5)}S${at}_1min.csv`);
    const [compressed, uncompressed] = [{ level: 6 }, { level: 0 }];
    const small = csvFile(minuteRow(0));
    const large = csvFile(wallRows(20_000, Date.UTC(2024, 2, 4)));
    const zip = zipSync({
      ...Object.fromEntries(
        names.map((name, at) => [name, [small, at % 2 === 0 ? compressed : uncompressed] as const]),
      ),
      'LARGE_1min.csv': [large, uncompressed],
    } as Parameters<typeof zipSync>[0]);
    const { bars, summary } = await imported('many.zip', zip, { symbolOf: symbolReader('{symbol}_1min.csv') });
    const symbols = new Set(bars.map(([symbol]) => symbol));
    expect({ symbols: symbols.size, bars: bars.length }).toEqual({ symbols: 3000 + 1, bars: 3000 + 20_000 });
    expect(summary.refused.files).toBe(0);
  });

  it('has a small file refused when its bytes do not have its checksum', async () => {
    const zip = zipSync({ 'X.csv': [csvFile(minuteRow(0)), { level: 0 }] }); // not compressed
    const priceAt = Buffer.from(zip).indexOf(',10,11') + 1;
    zip[priceAt] = 0x32; // the price 10 becomes 20
    const result = await imported('a.zip', zip, STORE_AS_X);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'unreadable-file': 1 } });
    expect(detailOf(result)).toContain('checksum');
  });

  it('has a file without bars refused, and the other files stored', async () => {
    const zip = zipSync({
      'data/AAPL_1min.txt': csvFile(minuteRow(0)),
      'readme.txt': Buffer.from('Read me, please\n'),
    });
    const result = await imported('b.zip', zip, { symbolOf: symbolReader('{symbol}_1min.txt') });
    expect(countsOf(result)).toEqual({ bars: 1, refused: { 'unusable-path': 1 } });
    // The pattern finds no symbol in the path of readme.txt. With --symbol that file is read, and has no header.
    const withSymbol = await imported('b.zip', zip, STORE_AS_X);
    expect(countsOf(withSymbol)).toEqual({ bars: 1, refused: { 'unusable-header': 1 } });
  });

  it.each([
    ['two folders', { 'nyse/ABC.csv': minuteRow(0), 'nasdaq/ABC.csv': minuteRow(0, 20) }, '{symbol}.csv'],
    [
      'two kinds of one symbol',
      { 'ABC_adj_1min.csv': minuteRow(0), 'ABC_raw_1min.csv': minuteRow(0, 20) },
      '{symbol}_*_1min.csv',
    ],
    ['parts of one symbol', { 'ABC/2024-03.csv': minuteRow(0), 'ABC/2024-04.csv': minuteRow(1) }, '{symbol}/*.csv'],
  ])(
    'is refused when its path pattern gives two files one symbol, unless --one-symbol is given: %s',
    async (_, files, pattern) => {
      const entries = Object.entries(files).map(([name, rows]) => [name, csvFile(rows)] as const);
      const zip = zipSync(Object.fromEntries(entries));
      const symbolOf = symbolReader(pattern);
      const result = await imported('b.zip', zip, { symbolOf });
      expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
      expect((await imported('b.zip', zip, { symbolOf, oneSymbol: true })).bars).toHaveLength(2);
    },
  );

  it('is refused when the format finds one symbol in the names of two files', async () => {
    const firstRate = (price: number): Uint8Array =>
      Buffer.from(`2024-03-04 09:30:00,${price},${price},${price},${price},5\n`);
    const zip = zipSync({ 'AAPL_1min_adjusted.txt': firstRate(10), 'AAPL_1min_raw.txt': firstRate(40) });
    const result = await imported('b.zip', zip);
    expect(countsOf(result)).toEqual({ bars: 0, refused: { 'mixed-symbols': 1 } });
  });
});

describe('a file that is not what its name says', () => {
  it.each([
    ['<!doctype HTML>\n<html>Log in</html>', 'web page'],
    ['\n  <html><body/></html>', 'web page'],
    ['<?xml version="1.0"?><bars/>', 'XML'],
    ['DBN\u0001xxxx', 'DBN'],
    ['x\u0001\u0002\u0003\u0000binary', 'binary'],
  ])('is refused by the name of its kind: %j', async (text, name) => {
    const result = await imported('a.csv', text, STORE_AS_X);
    expect(reasonsOf(result)).toEqual({ 'unreadable-file': 1 });
    expect(detailOf(result)).toContain(name);
  });

  it('is read to its end when it is gzip of two members', async () => {
    const packed = Buffer.concat([gzipSync(CSV_HEADER + minuteRow(0)), gzipSync(minuteRow(1))]);
    expect((await imported('a.csv', packed, STORE_AS_X)).bars).toHaveLength(2);
  });
});
