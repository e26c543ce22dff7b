/** The known formats: each reads a file of its vendor, which `--format` names or which the importer recognises. */
import { collect } from '../../../../../test/support/data/collecting-sink.js';
import { BARS, fileOf } from '../../../../../test/support/data/format-files.js';
import { OPEN } from '../../../../../test/support/data/import-texts.js';
import { FORMATS } from '../formats/index.js';

const EXPECTED = BARS.map((bar) => ({ symbol: 'ESH4', ...bar }));
const FORMATS_BY_NAME = FORMATS.map((format) => [format.name, format] as const);
/** The files are read in pieces of this size, so that some rows are split between two pieces. */
const PIECE_BYTES = 1000;

describe('a format', () => {
  it.each(FORMATS_BY_NAME)('%s is read with --format', (name, format) => {
    const { text, fileName } = fileOf(name);
    const { bars, refused, plan } = collect(text, { format: name, fileName, symbol: 'ESH4' }, PIECE_BYTES);
    expect(refused).toEqual([]);
    expect(bars.toSorted((a, b) => a.openTime - b.openTime)).toEqual(EXPECTED);
    expect(plan?.understood).toMatchObject({ format: name, times: format.times ?? 'open', spacing: '1-minute' });
  });

  it.each(FORMATS_BY_NAME)('%s is recognised without --format', (name) => {
    const { text, fileName } = fileOf(name);
    const { bars, refused, plan } = collect(text, { fileName, symbol: 'ESH4' }, PIECE_BYTES);
    expect(refused).toEqual([]);
    expect(plan?.understood.format).toBe(name);
    expect(bars).toHaveLength(BARS.length);
  });

  it.each(FORMATS_BY_NAME)('%s has an example that it reads', (name, format) => {
    const { bars, refused } = collect(`${format.example.join('\n')}\n`, { format: name, symbol: 'X' }, PIECE_BYTES);
    expect({ refused, bars: bars.length }).toEqual({ refused: [], bars: 1 });
  });

  it('has a name of its own, a title, a source and an example', () => {
    expect(new Set(FORMATS.map(({ name }) => name)).size).toBe(FORMATS.length);
    for (const { title, source, example } of FORMATS) {
      expect(title).not.toBe('');
      expect(source).toMatch(/^http/);
      expect(example).not.toEqual([]);
    }
  });

  it('must be named when the rows fit two formats and the file name does not help', () => {
    const { text } = fileOf('ninjatrader');
    const { refused } = collect(text, { fileName: 'data.csv', symbol: 'X', hasHeader: false });
    expect(refused[0]).toMatchObject({ reason: 'ambiguous-format' });
    expect(refused[0]?.detail).toContain('histdata-ascii or ninjatrader');
  });

  it('of arrays is read in the order of the names that are before the arrays, if there are any', () => {
    // The arrays of freqtrade have no names, and the order open, high, low, close.
    const names = ['date', 'open', 'close', 'high', 'low', 'volume'];
    const data = [[OPEN, 10, 10.5, 11, 9, 5]];
    const { bars } = collect(JSON.stringify({ columns: names, data }), { format: 'freqtrade', symbol: 'X' });
    expect(bars).toMatchObject([{ openTime: OPEN, open: 10, high: 11, low: 9, close: 10.5, volume: 5 }]);
  });

  it('that the user names is refused when the file is of another form', () => {
    const text = 'time,open,high,low,close,volume\n2024-03-04T14:30Z,1,1,1,1,1\n';
    const { refused } = collect(text, { format: 'kraken', symbol: 'X' });
    expect(refused[0]).toMatchObject({ reason: 'unusable-header' });
  });

  it('of Yahoo may have the bars of several symbols in one row', () => {
    const text = [
      'Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      'Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT',
      'Datetime,,,,,,,,,,',
      '2024-03-04 14:30:00+00:00,10.5,20.5,11,21,9,19,10,20,5,6',
      '2024-03-04 14:31:00+00:00,,20.5,,21,,19,,20,,6', // AAPL has no bar in this minute
    ].join('\n');
    const { bars, refused } = collect(text);
    expect(refused).toEqual([]);
    expect(bars.map(({ symbol, open, volume }) => [symbol, open, volume])).toEqual([
      ['AAPL', 10, 5],
      ['MSFT', 20, 6],
      ['MSFT', 20, 6],
    ]);
  });
});
