import { collect } from '../../../../../test/support/data/collecting-sink.js';
import { type BarFormat, FORMATS } from '../formats/index.js';

/** Twenty generated bars of ESH4, from 2024-03-04 14:30 UTC, which is 09:30 in New York. */
const OPEN = Date.UTC(2024, 2, 4, 14, 30);
const BARS = Array.from({ length: 20 }, (_, minute) => {
  const open = 100 + minute / 4;
  return {
    openTime: OPEN + minute * 60_000,
    open,
    high: open + 1,
    low: open - 0.5,
    close: open + 0.25,
    volume: 40 + minute,
  };
});
type MadeBar = (typeof BARS)[number];

/** The parts of a wall time, as texts: year, month, day, hour and minute. @param hours ahead of UTC; New York is at −5 */
function wall(ms: number, hours: number): { y: string; mo: string; d: string; h: string; mi: string } {
  const [y = '', mo = '', d = '', h = '', mi = ''] = new Date(ms + hours * 3_600_000).toISOString().split(/[-T:]/);
  return { y, mo, d, h, mi };
}

/** The documented form of a format. */
interface Form {
  /** The lines before the rows. */
  head?: string;
  row: (bar: MadeBar) => string;
  /** @default 'export.csv' */
  file?: string;
  /** Makes the text of the file. @default the head and the rows as lines */
  join?: (rows: string[]) => string;
}

/** The form of each format, by its name. */
const FORMS: Record<string, Form> = {
  binance: {
    row: ({ openTime: t, open, high, low, close, volume }) =>
      [`${t}000`, open, high, low, close, volume, `${t + 59_999}999`, 1.5, 12, 0.5, 0.25, 0].join(','),
    file: 'ESH4-1m-2024-03-04.csv',
  },
  kraken: {
    row: ({ openTime, open, high, low, close, volume }) =>
      [openTime / 1000, open, high, low, close, volume, 7].join(','),
    file: 'ESH4_1.csv',
  },
  bitstamp: {
    head: 'https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD',
    row: ({ openTime, open, high, low, close, volume }) =>
      [
        openTime / 1000,
        new Date(openTime).toISOString().slice(0, 19).replace('T', ' '),
        'ESH4',
        open,
        high,
        low,
        close,
        volume,
        9e5,
      ].join(','),
  },
  coinbase: {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify([openTime / 1000, low, high, open, close, volume]),
    join: (rows) => `[${rows.join(',')}]`,
  },
  bybit: {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify([openTime, open, high, low, close, volume, 1.5].map(String)),
    join: (rows) =>
      `{"retCode":0,"result":{"symbol":"ESH4","category":"linear","list":[${rows.toReversed().join(',')}]}}`,
  },
  'bybit-csv': {
    head: 'startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover',
    row: ({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume, 1].join(','),
  },
  freqtrade: {
    row: ({ openTime, open, high, low, close, volume }) => JSON.stringify([openTime, open, high, low, close, volume]),
    join: (rows) => `[${rows.join(', ')}]`,
    file: 'ESH4-1m.json',
  },
  bitfinex: {
    row: ({ openTime, open, high, low, close, volume }) => JSON.stringify([openTime, open, close, high, low, volume]),
    join: (rows) => `[${rows.join(',')}]`,
  },
  polygon: {
    head: 'ticker,volume,open,close,high,low,window_start,transactions',
    row: ({ openTime, open, high, low, close, volume }) =>
      ['ESH4', volume, open, close, high, low, `${openTime}000000`, 9].join(','),
  },
  'polygon-json': {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify({ v: volume, vw: open, o: open, c: close, h: high, l: low, t: openTime, n: 9 }),
    join: (rows) => `{"ticker":"ESH4","adjusted":true,"results":[${rows.join(',')}],"status":"OK"}`,
  },
  databento: {
    head: 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
    row: ({ openTime, open, high, low, close, volume }) =>
      [`${openTime}000000`, 33, 1, 5482, ...[open, high, low, close].map((price) => price * 1e9), volume, 'ESH4'].join(
        ',',
      ),
  },
  'databento-pretty': {
    head: 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
    row: ({ openTime, open, high, low, close, volume }) => {
      const prices = [open, high, low, close].map((price) => price.toFixed(9));
      return [
        new Date(openTime).toISOString().replace('000Z', '000000000Z'),
        33,
        1,
        5482,
        ...prices,
        volume,
        'ESH4',
      ].join(',');
    },
  },
  alpaca: {
    head: 'symbol,timestamp,open,high,low,close,volume,trade_count,vwap',
    row: ({ openTime, open, high, low, close, volume }) =>
      [
        'ESH4',
        `${new Date(openTime).toISOString().slice(0, 19).replace('T', ' ')}+00:00`,
        open,
        high,
        low,
        close,
        volume,
        3,
        open,
      ].join(','),
  },
  'alpaca-json': {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify({
        t: new Date(openTime).toISOString().replace('.000', ''),
        o: open,
        h: high,
        l: low,
        c: close,
        v: volume,
        n: 3,
        vw: open,
      }),
    join: (rows) => `{"bars":{"ESH4":[${rows.join(',')}]},"next_page_token":null}`,
  },
  yahoo: {
    head: 'Datetime,Open,High,Low,Close,Adj Close,Volume',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}-${mo}-${d} ${h}:${mi}:00-05:00`, open, high, low, close, close, volume].join(',');
    },
  },
  stooq: {
    head: '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, 1);
      return ['ESH4', 1, y + mo + d, `${h}${mi}00`, open, high, low, close, volume, 0].join(',');
    },
  },
  firstrate: {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}-${mo}-${d} ${h}:${mi}:00`, open, high, low, close, volume].join(',');
    },
    file: 'ESH4_1min.txt',
  },
  'alpha-vantage': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}-${mo}-${d} ${h}:${mi}:00`, open, high, low, close, volume].join(',');
    },
    join: (rows) => ['timestamp,open,high,low,close,volume', ...rows.toReversed(), ''].join('\n'),
    file: 'intraday_1min_ESH4.csv',
  },
  kibot: {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${mo}/${d}/${y}`, `${h}:${mi}`, open, high, low, close, volume].join(',');
    },
    file: 'ESH4.txt',
  },
  'histdata-ascii': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}${mo}${d} ${h}${mi}00`, open, high, low, close, volume].join(';');
    },
    file: 'DAT_ASCII_ESH4_M1_202403.csv',
  },
  'histdata-metatrader': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}.${mo}.${d}`, `${h}:${mi}`, open, high, low, close, volume].join(',');
    },
    file: 'DAT_MT_ESH4_M1_202403.csv',
  },
  dukascopy: {
    head: 'Gmt time,Open,High,Low,Close,Volume',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, 0);
      return [`${d}.${mo}.${y} ${h}:${mi}:00.000`, open, high, low, close, volume].join(',');
    },
  },
  'interactive-brokers': {
    head: 'date,open,high,low,close,volume,average,barCount',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, -5);
      return [`${y}${mo}${d}  ${h}:${mi}:00`, open, high, low, close, volume, open, 5].join(',');
    },
  },
  tradingview: {
    head: 'time,open,high,low,close,Volume',
    row: ({ openTime, open, high, low, close, volume }) => [openTime / 1000, open, high, low, close, volume].join(','),
    file: 'CME_ESH4, 1.csv',
  },
  metatrader4: {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, 0);
      return [`${y}.${mo}.${d}`, `${h}:${mi}`, open, high, low, close, volume].join(',');
    },
  },
  metatrader5: {
    head: '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime, 0);
      return [`${y}.${mo}.${d}`, `${h}:${mi}:00`, open, high, low, close, volume, 0, 3].join('\t');
    },
  },
  tradestation: {
    head: '"Date","Time","Open","High","Low","Close","Up","Down"',
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime + 60_000, -5);
      return [`${mo}/${d}/${y}`, `${h}${mi}`, open, high, low, close, volume - 10, 10].join(',');
    },
  },
  ninjatrader: {
    row: ({ openTime, open, high, low, close, volume }) => {
      const { y, mo, d, h, mi } = wall(openTime + 60_000, 0);
      return [`${y}${mo}${d} ${h}${mi}00`, open, high, low, close, volume].join(';');
    },
    file: 'ESH4.Last.txt',
  },
};

/** The text and the name of a file of the format with all {@link BARS}. */
function made({ name }: BarFormat): { text: string; fileName: string } {
  const form = FORMS[name];
  if (form === undefined) throw new Error(`expected rows of ${name} in this test, was none`);
  const rows = BARS.map(form.row);
  const text = form.join?.(rows) ?? [...(form.head === undefined ? [] : [form.head]), ...rows, ''].join('\n');
  return { text, fileName: form.file ?? 'export.csv' };
}

const EXPECTED = BARS.map((bar) => ({ symbol: 'ESH4', ...bar }));
const FORMATS_BY_NAME = FORMATS.map((format) => [format.name, format] as const);

describe('a named format', () => {
  it.each(FORMATS_BY_NAME)('%s is read from its documented form', (name, format) => {
    const { text, fileName } = made(format);
    const { bars, refused, plan } = collect(text, { format: name, fileName, symbol: 'ESH4' }, 1000);
    expect(refused).toEqual([]);
    expect(bars.toSorted((a, b) => a.openTime - b.openTime)).toEqual(EXPECTED);
    expect(plan?.understood).toMatchObject({ format: name, times: format.times ?? 'open', spacing: '1-minute' });
  });

  it.each(FORMATS_BY_NAME)('%s is recognised without a name', (name, format) => {
    const { text, fileName } = made(format);
    const { bars, refused, plan } = collect(text, { fileName, symbol: 'ESH4' }, 1000);
    expect(refused).toEqual([]);
    expect(plan?.understood.format).toBe(name);
    expect(bars).toHaveLength(20);
  });

  it.each(FORMATS_BY_NAME)('%s has an example that it reads', (name, format) => {
    const { bars, refused } = collect(`${format.example.join('\n')}\n`, { format: name, symbol: 'X' }, 1000);
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

  it('whose rows do not show which one it is must be named', () => {
    const { text } = made(FORMATS.find(({ name }) => name === 'ninjatrader')!);
    const { refused } = collect(text, { fileName: 'data.csv', symbol: 'X', hasHeader: false });
    expect(refused[0]).toMatchObject({ reason: 'ambiguous-format' });
    expect(refused[0]?.detail).toContain('histdata-ascii or ninjatrader');
  });

  it('is refused when the file is not in it', () => {
    const { refused } = collect('time,open,high,low,close,volume\n2024-03-04T14:30Z,1,1,1,1,1\n', {
      format: 'kraken',
      symbol: 'X',
    });
    expect(refused[0]).toMatchObject({ reason: 'unusable-header' });
  });

  it('of Yahoo has the bars of many symbols in a row', () => {
    const text = [
      'Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume',
      'Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT',
      'Datetime,,,,,,,,,,',
      '2024-03-04 14:30:00+00:00,10.5,20.5,11,21,9,19,10,20,5,6',
      '2024-03-04 14:31:00+00:00,,20.5,,21,,19,,20,,6',
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
