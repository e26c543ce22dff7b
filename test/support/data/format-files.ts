/** A file of each known format with the same twenty bars, as the vendor's documents describe it. */
import type { Bar } from '@barkeep/bars';
import { HOUR_MS, isoText, MINUTE_MS, OPEN } from './import-texts.js';

/** Twenty generated bars of ESH4, from 2024-03-04T14:30Z on. */
export const BARS = Array.from({ length: 20 }, (_, minute): Bar => {
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
  'binance-json': {
    row: ({ openTime, ohlcv }) =>
      JSON.stringify([openTime, ...ohlcv.map(String), openTime + MINUTE_MS - 1, '1.5', 12, '0.5', '0.25', '0']),
    join: (rows) => `[${rows.join(',')}]`,
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
  'databento-json': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const hd = { ts_event: `${openTime}000000`, rtype: 33, publisher_id: 1, instrument_id: 5482 };
      const [o, h, l, c] = [open, high, low, close].map((price) => String(price * 1e9));
      return JSON.stringify({ hd, open: o, high: h, low: l, close: c, volume: String(volume), symbol: 'ESH4' });
    },
  },
  'databento-json-pretty': {
    row: ({ openTime, open, high, low, close, volume }) => {
      const time = wall(openTime, UTC, 'yyyy-MM-ddTHH:mm:00.000000000Z');
      const hd = { ts_event: time, rtype: 33, publisher_id: 1, instrument_id: 5482 };
      const [o, h, l, c] = [open, high, low, close].map((price) => price.toFixed(9));
      return JSON.stringify({ hd, open: o, high: h, low: l, close: c, volume: String(volume), symbol: 'ESH4' });
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
  'alpha-vantage-json': {
    row: ({ openTime, ohlcv }) => {
      const keys = ['1. open', '2. high', '3. low', '4. close', '5. volume'];
      const values = Object.fromEntries(keys.map((key, index) => [key, String(ohlcv[index])]));
      return `"${wall(openTime, NEW_YORK, 'yyyy-MM-dd HH:mm:00')}": ${JSON.stringify(values)}`;
    },
    join: (rows) =>
      `{"Meta Data": {"1. Information": "Intraday (1min) open, high, low, close prices and volume", "2. Symbol": "ESH4", ` +
      `"4. Interval": "1min", "6. Time Zone": "US/Eastern"}, "Time Series (1min)": {${rows.toReversed().join(', ')}}}`,
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

/** The text and the name of a file with all {@link BARS}. @param format its name */
export function fileOf(format: string): { text: string; fileName: string } {
  const form = FORMS[format];
  if (form === undefined) throw new Error(`expected the form of ${format} in this file, was none`);
  const { head, row, file = 'export.csv', join } = form;
  const rows = BARS.map((bar) => row({ ...bar, ohlcv: [bar.open, bar.high, bar.low, bar.close, bar.volume] }));
  const lines = head === undefined ? rows : [head, ...rows];
  return { text: join?.(rows) ?? `${lines.join('\n')}\n`, fileName: file };
}
