import type { Bar } from '@barkeep/bars';
import { collect } from '../../../../../test/support/data/collecting-sink.js';
import { HOUR_MS, isoText, MINUTE_MS, OPEN } from '../../../../../test/support/data/import-texts.js';
import { type BarFormat, FORMATS } from '../formats/index.js';

/** Twenty generated bars of ESH4. */
const BARS = Array.from({ length: 20 }, (_, minute): Bar => {
  const open = 100 + minute / 4;
  return {
    openTime: OPEN + minute * MINUTE_MS,
    open,
    high: open + 1,
    low: open - 0.5,
    close: open + 0.25,
    volume: 40 + minute,
  };
});

/** Hours ahead of UTC on 2024-03-04. */
const [NEW_YORK, UTC, WARSAW] = [-5, 0, 1] as const;

/** A wall time: replaces `yyyy`, `MM`, `dd`, `HH` and `mm` in the pattern. @param offset hours ahead of UTC */
function wall(ms: number, offset: number, pattern: string): string {
  const [yyyy, MM, dd, HH, mm] = new Date(ms + offset * HOUR_MS).toISOString().split(/[-T:]/);
  const texts = { yyyy, MM, dd, HH, mm };
  return pattern.replace(/yyyy|MM|dd|HH|mm/g, (token) => texts[token as keyof typeof texts]!);
}

const csv = (...fields: (string | number)[]): string => fields.join(',');

interface FormedBar extends Bar {
  /** Open, high, low, close and volume. */
  ohlcv: number[];
}

/** How a file of a format looks, by the vendor's documents. */
interface Form {
  head?: string;
  /** The text of a bar. Columns that the importer does not use have any numbers. */
  row: (bar: FormedBar) => string;
  /** The file's name. @default 'export.csv' */
  file?: string;
  /** Makes the text of the file. @default the head and the rows as lines */
  join?: (rows: string[]) => string;
}

const FORMS: Record<string, Form> = {
  binance: {
    row: ({ openTime, ohlcv }) =>
      csv(`${openTime}000`, ...ohlcv, `${openTime + MINUTE_MS - 1}999`, 1.5, 12, 0.5, 0.25, 0),
    file: 'ESH4-1m-2024-03-04.csv',
  },
  kraken: {
    row: ({ openTime, ohlcv }) => csv(openTime / 1000, ...ohlcv, 7),
    file: 'ESH4_1.csv',
  },
  bitstamp: {
    head: 'https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD',
    row: ({ openTime, ohlcv }) =>
      csv(openTime / 1000, wall(openTime, UTC, 'yyyy-MM-dd HH:mm:00'), 'ESH4', ...ohlcv, 9e5),
  },
  coinbase: {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify([openTime / 1000, low, high, open, close, volume]),
    join: (rows) => `[${rows.join(',')}]`,
  },
  bybit: {
    row: ({ openTime, ohlcv }) => JSON.stringify([openTime, ...ohlcv, 1.5].map(String)),
    join: (rows) =>
      `{"retCode":0,"result":{"symbol":"ESH4","category":"linear","list":[${rows.toReversed().join(',')}]}}`,
  },
  'bybit-csv': {
    head: 'startTime,openPrice,highPrice,lowPrice,closePrice,volume,turnover',
    row: ({ openTime, ohlcv }) => csv(openTime, ...ohlcv, 1),
  },
  freqtrade: {
    row: ({ openTime, ohlcv }) => JSON.stringify([openTime, ...ohlcv]),
    join: (rows) => `[${rows.join(', ')}]`,
    file: 'ESH4-1m.json',
  },
  bitfinex: {
    row: ({ openTime, open, high, low, close, volume }) => JSON.stringify([openTime, open, close, high, low, volume]),
    join: (rows) => `[${rows.join(',')}]`,
  },
  bitmex: {
    head: 'timestamp,symbol,open,high,low,close,trades,volume,vwap,lastSize,turnover,homeNotional,foreignNotional',
    row: ({ openTime, open, high, low, close, volume }) =>
      csv(isoText(openTime + MINUTE_MS), 'ESH4', open, high, low, close, 3, volume, open, 1, 5, 2, 9),
  },
  'bitmex-json': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const names = { timestamp: isoText(openTime + MINUTE_MS), symbol: 'ESH4' };
      const others = { vwap: open, lastSize: 1, turnover: 5, homeNotional: 2, foreignNotional: 9 };
      return JSON.stringify({ ...names, open, high, low, close, trades: 3, volume, ...others });
    },
    join: (rows) => `[${rows.join(',')}]`,
  },
  polygon: {
    head: 'ticker,volume,open,close,high,low,window_start,transactions',
    row: ({ openTime, open, high, low, close, volume }) =>
      csv('ESH4', volume, open, close, high, low, `${openTime}000000`, 9),
  },
  'polygon-json': {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify({ v: volume, vw: open, o: open, c: close, h: high, l: low, t: openTime, n: 9 }),
    join: (rows) => `{"ticker":"ESH4","adjusted":true,"results":[${rows.join(',')}],"status":"OK"}`,
  },
  databento: {
    head: 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
    row: ({ openTime, open, high, low, close, volume }) => {
      const prices = [open, high, low, close].map((price) => price * 1e9);
      return csv(`${openTime}000000`, 33, 1, 5482, ...prices, volume, 'ESH4');
    },
  },
  'databento-pretty': {
    head: 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
    row: ({ openTime, open, high, low, close, volume }) => {
      const prices = [open, high, low, close].map((price) => price.toFixed(9));
      return csv(wall(openTime, UTC, 'yyyy-MM-ddTHH:mm:00.000000000Z'), 33, 1, 5482, ...prices, volume, 'ESH4');
    },
  },
  alpaca: {
    head: 'symbol,timestamp,open,high,low,close,volume,trade_count,vwap',
    row: ({ openTime, open, ohlcv }) =>
      csv('ESH4', wall(openTime, UTC, 'yyyy-MM-dd HH:mm:00+00:00'), ...ohlcv, 3, open),
  },
  'alpaca-json': {
    row: ({ openTime, open, high, low, close, volume }) =>
      JSON.stringify({ t: isoText(openTime), o: open, h: high, l: low, c: close, v: volume, n: 3, vw: open }),
    join: (rows) => `{"bars":{"ESH4":[${rows.join(',')}]},"next_page_token":null}`,
  },
  yahoo: {
    head: 'Datetime,Open,High,Low,Close,Adj Close,Volume',
    row: ({ openTime, open, high, low, close, volume }) =>
      csv(wall(openTime, NEW_YORK, 'yyyy-MM-dd HH:mm:00-05:00'), open, high, low, close, close, volume),
  },
  stooq: {
    head: '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>',
    row: ({ openTime, ohlcv }) =>
      csv('ESH4', 1, wall(openTime, WARSAW, 'yyyyMMdd'), wall(openTime, WARSAW, 'HHmm00'), ...ohlcv, 0),
  },
  firstrate: {
    row: ({ openTime, ohlcv }) => csv(wall(openTime, NEW_YORK, 'yyyy-MM-dd HH:mm:00'), ...ohlcv),
    file: 'ESH4_1min.txt',
  },
  'alpha-vantage': {
    row: ({ openTime, ohlcv }) => csv(wall(openTime, NEW_YORK, 'yyyy-MM-dd HH:mm:00'), ...ohlcv),
    join: (rows) => ['timestamp,open,high,low,close,volume', ...rows.toReversed(), ''].join('\n'),
    file: 'intraday_1min_ESH4.csv',
  },
  kibot: {
    row: ({ openTime, ohlcv }) =>
      csv(wall(openTime, NEW_YORK, 'MM/dd/yyyy'), wall(openTime, NEW_YORK, 'HH:mm'), ...ohlcv),
    file: 'ESH4.txt',
  },
  'histdata-ascii': {
    row: ({ openTime, ohlcv }) => [wall(openTime, NEW_YORK, 'yyyyMMdd HHmm00'), ...ohlcv].join(';'),
    file: 'DAT_ASCII_ESH4_M1_202403.csv',
  },
  'histdata-metatrader': {
    row: ({ openTime, ohlcv }) =>
      csv(wall(openTime, NEW_YORK, 'yyyy.MM.dd'), wall(openTime, NEW_YORK, 'HH:mm'), ...ohlcv),
    file: 'DAT_MT_ESH4_M1_202403.csv',
  },
  dukascopy: {
    head: 'Gmt time,Open,High,Low,Close,Volume',
    row: ({ openTime, ohlcv }) => csv(wall(openTime, UTC, 'dd.MM.yyyy HH:mm:00.000'), ...ohlcv),
  },
  'interactive-brokers': {
    head: 'date,open,high,low,close,volume,average,barCount',
    row: ({ openTime, open, ohlcv }) => csv(wall(openTime, NEW_YORK, 'yyyyMMdd  HH:mm:00'), ...ohlcv, open, 5),
  },
  tradingview: {
    head: 'time,open,high,low,close,Volume',
    row: ({ openTime, ohlcv }) => csv(openTime / 1000, ...ohlcv),
    file: 'CME_ESH4, 1.csv',
  },
  metatrader4: {
    row: ({ openTime, ohlcv }) => csv(wall(openTime, UTC, 'yyyy.MM.dd'), wall(openTime, UTC, 'HH:mm'), ...ohlcv),
  },
  metatrader5: {
    head: '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>',
    row: ({ openTime, ohlcv }) =>
      [wall(openTime, UTC, 'yyyy.MM.dd'), wall(openTime, UTC, 'HH:mm:00'), ...ohlcv, 0, 3].join('\t'),
  },
  tradestation: {
    head: '"Date","Time","Open","High","Low","Close","Up","Down"',
    row: ({ openTime, open, high, low, close, volume }) => {
      const closeTime = openTime + MINUTE_MS;
      const [date, time] = [wall(closeTime, NEW_YORK, 'MM/dd/yyyy'), wall(closeTime, NEW_YORK, 'HHmm')];
      return csv(date, time, open, high, low, close, volume - 10, 10);
    },
  },
  ninjatrader: {
    row: ({ openTime, ohlcv }) => [wall(openTime + MINUTE_MS, UTC, 'yyyyMMdd HHmm00'), ...ohlcv].join(';'),
    file: 'ESH4.Last.txt',
  },
};

/** The text and the name of a file of the format with all {@link BARS}. */
function fileOf({ name }: BarFormat): { text: string; fileName: string } {
  const form = FORMS[name];
  if (form === undefined) throw new Error(`expected rows of ${name} in this test, was none`);
  const { head, row, file = 'export.csv', join } = form;
  const rows = BARS.map((bar) => row({ ...bar, ohlcv: [bar.open, bar.high, bar.low, bar.close, bar.volume] }));
  const lines = head === undefined ? rows : [head, ...rows];
  return { text: join?.(rows) ?? `${lines.join('\n')}\n`, fileName: file };
}

const EXPECTED = BARS.map((bar) => ({ symbol: 'ESH4', ...bar }));
const FORMATS_BY_NAME = FORMATS.map((format) => [format.name, format] as const);
/** The files are read in pieces of this size. */
const PIECE_BYTES = 1000;

describe('a named format', () => {
  it.each(FORMATS_BY_NAME)('%s is read from its documented form', (name, format) => {
    const { text, fileName } = fileOf(format);
    const { bars, refused, plan } = collect(text, { format: name, fileName, symbol: 'ESH4' }, PIECE_BYTES);
    expect(refused).toEqual([]);
    expect(bars.toSorted((a, b) => a.openTime - b.openTime)).toEqual(EXPECTED);
    expect(plan?.understood).toMatchObject({ format: name, times: format.times ?? 'open', spacing: '1-minute' });
  });

  it.each(FORMATS_BY_NAME)('%s is recognised without a name', (name, format) => {
    const { text, fileName } = fileOf(format);
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

  it('whose rows do not show which one it is must be named', () => {
    const { text } = fileOf(FORMATS.find(({ name }) => name === 'ninjatrader')!);
    const { refused } = collect(text, { fileName: 'data.csv', symbol: 'X', hasHeader: false });
    expect(refused[0]).toMatchObject({ reason: 'ambiguous-format' });
    expect(refused[0]?.detail).toContain('histdata-ascii or ninjatrader');
  });

  it('of arrays may have names before the arrays, by which the columns are found', () => {
    const names = ['date', 'open', 'close', 'high', 'low', 'volume'];
    const data = [[OPEN, 10, 10.5, 11, 9, 5]];
    const { bars } = collect(JSON.stringify({ columns: names, data }), { format: 'freqtrade', symbol: 'X' });
    expect(bars).toMatchObject([{ openTime: OPEN, open: 10, high: 11, low: 9, close: 10.5, volume: 5 }]);
  });

  it('is refused when the file is not in it', () => {
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
