/**
 * Files from their text to their bars: the rows that become bars or are refused, and the columns that are found.
 * Invariants of docs/ARCHITECTURE.md: equal data have equal bytes (I1); no invalid bar is stored, and each refused row has a reason (I7).
 */
import { collect as read } from '../../../../../test/support/data/collecting-sink.js';
import { parseColumnsOption } from './header-columns.js';

const HEADER = 'time,symbol,open,high,low,close,volume\n';
const ROW = '2013-10-04T13:30:00Z,SPY,10,12,9,11,500';
/** The bar of {@link ROW}. Its time is 1380893400 as epoch seconds. */
const BAR = {
  symbol: 'SPY',
  openTime: Date.UTC(2013, 9, 4, 13, 30),
  open: 10,
  high: 12,
  low: 9,
  close: 11,
  volume: 500,
};

describe('CSV rows', () => {
  it.each([1, 2, 3, 5, 64, 4096])('become the same bars when the text arrives in pieces of %d bytes', (pieceBytes) => {
    const text = `${HEADER}${ROW}\r\n2013-10-04T13:31:00Z,IBM,"10",12,9,"11",0.5`;
    const { bars, refused } = read(text, {}, pieceBytes);
    expect(refused).toEqual([]);
    expect(bars).toEqual([BAR, { ...BAR, symbol: 'IBM', openTime: BAR.openTime + 60_000, volume: 0.5 }]);
  });

  it.each(['\n', '\r\n', '\r'])('may end in %j, and blank lines count in the line numbers of refusals', (end) => {
    const lines = [HEADER.trim(), ROW, '', 'not a bar', ROW]; // line 3 is blank, so the row that is no bar is line 4
    const { bars, refused } = read(lines.join(end) + end);
    expect(bars).toEqual([BAR, BAR]);
    expect(refused).toEqual([{ line: 4, reason: 'missing-fields', detail: 'expected at least 7 fields, was 1' }]);
  });

  it.each([
    ['2013-10-04T13:30:00Z,SPY,10,9,12,11,500', 'high-below-low'],
    ['2013-10-04T13:30:00Z,SPY,13,12,9,11,500', 'open-outside-range'],
    ['2013-10-04T13:30:00Z,SPY,10,12,9,11,-2', 'negative-volume'],
    ['2013-10-04T13:30:00Z,SPY,-1,12,-1,11,5', 'negative-price'],
    ['2013-10-04T13:30:00Z,SPY,10,NaN,9,11,500', 'not-finite'],
    ['2013-10-04T13:30:00Z,SPY,10,1e999,9,11,500', 'not-finite'],
    ['2013-10-04T13:30:00Z,SPY,10,twelve,9,11,500', 'not-a-number'],
    ['2013-10-04T13:30:00Z,SPY,10,,9,11,500', 'not-a-number'],
    ['2013-10-04T13:30:30Z,SPY,10,12,9,11,500', 'off-grid'],
    ['9e13,SPY,10,12,9,11,500', 'unreadable-time'],
    ['2013-10-04,SPY,10,12,9,11,500', 'date-without-time'],
    ['41551.5625,SPY,10,12,9,11,500', 'excel-serial'],
    ['2013-10-04T13:30:00Z,SPY,10,12,9,11,1,234', 'too-many-fields'],
    ['2013-10-04 at noon,SPY,10,12,9,11,500', 'unreadable-time'],
    ['2013-10-04T13:30:00Z,S P Y,10,12,9,11,500', 'bad-symbol'],
    ['2013-10-04T13:30:00Z,SPY,10,12', 'missing-fields'],
    ['"2013-10-04T13:30:00Z,SPY,10,12,9,11,500', 'bad-quotes'],
  ])('I7 are refused, and the rows before and after are stored: %s', (row, reason) => {
    const { bars, refused } = read(`${HEADER}${ROW}\n${row}\n${ROW}\n`);
    expect(bars).toEqual([BAR, BAR]);
    expect(refused).toMatchObject([{ line: 3, reason }]);
  });

  it('are refused when they are too long, also when they arrive in pieces', () => {
    const [tooLong, pieceBytes] = ['x'.repeat(200_000), 10_000];
    const { bars, refused } = read(`${HEADER}${tooLong}\n${ROW}\n`, {}, pieceBytes);
    expect(refused).toMatchObject([{ line: 2, reason: 'row-too-long' }]);
    expect(bars).toEqual([BAR]);
  });

  it('that are refused name the field and its text', () => {
    const { refused } = read(`${HEADER}2013-10-04T13:30:00Z,SPY,10,twelve,9,11,500`);
    expect(refused[0]?.detail).toBe('high: expected a number, was "twelve"');
  });

  it('may have empty fields after the last column', () => {
    expect(read(`${HEADER}${ROW},,\n`)).toMatchObject({ bars: [BAR], refused: [] });
  });

  it('are stored with volume 0 when their volume is −1, which means unknown', () => {
    expect(read(`${HEADER}2013-10-04T13:30:00Z,SPY,10,12,9,11,-1`).bars).toEqual([{ ...BAR, volume: 0 }]);
  });

  it('I1 are stored with 0 where they have −0, because equal values must have equal bytes', () => {
    const [bar] = read(`${HEADER}2013-10-04T13:30:00Z,SPY,-0.0,1,-0,1,-0.0`).bars;
    for (const value of [bar?.open, bar?.low, bar?.volume]) expect(Object.is(value, 0)).toBe(true);
  });
});

describe('CSV columns', () => {
  it('are found by the names that files use', () => {
    const { bars } = read('\ufeffTicker;<DATE>;<TIME>;Open Price;H;L;C;Vol\nSPY;2013-10-04;09:30;10;12;9;11;500', {
      delimiter: ';',
      zone: 'America/New_York',
    });
    expect(bars).toEqual([BAR]);
  });

  it('are taken as the user names them, and prices are scaled', () => {
    const { bars } = read('when,a,b,c,d,e\n1380893400,100000,120000,90000,110000,500', {
      columns: parseColumnsOption('time=when,open=a,high=b,low=c,close=d,volume=e'),
      priceScale: 10_000,
      symbol: 'SPY',
    });
    expect(bars).toEqual([BAR]);
  });

  it('without a header are time, symbol if it is not given, open, high, low, close, volume', () => {
    expect(read(ROW, { hasHeader: false }).bars).toEqual([BAR]);
    expect(read('1380893400000,10,12,9,11,500', { hasHeader: false, symbol: 'SPY' }).bars).toEqual([BAR]);
  });

  it('without a header have the order that the user gives', () => {
    const columns = parseColumnsOption('close=2,time=1,open=3,high=4,low=5,volume=6');
    expect(read('1380893400000,11,10,12,9,500', { hasHeader: false, columns, symbol: 'SPY' }).bars).toEqual([BAR]);
  });

  it('have the file refused when one is not found, and the refusal names it or the option that may help', () => {
    const { bars, refused } = read(`time,symbol,o,h,l,v\n${ROW}\n${ROW}`); // no close
    expect(bars).toEqual([]);
    expect(refused).toMatchObject([{ line: 1, reason: 'unusable-header' }]);
    expect(refused[0]?.detail).toContain('expected columns for close');
    expect(read(`${ROW}\n${ROW}`).refused[0]?.detail).toContain('--no-header');
    expect(read('time,o,h,l,c,v\n').refused[0]?.detail).toContain('--symbol');
  });

  it('are not missed in an empty file, which has no bars and no refusal', () =>
    expect(read('')).toMatchObject({ bars: [], refused: [] }));

  it('are a usage error when --columns has an unknown name, or a name without a column', () => {
    expect(() => parseColumnsOption('price=4')).toThrow('expected NAME=COLUMN');
    expect(() => parseColumnsOption('open')).toThrow('was "open"');
  });
});
