/** Formats of data vendors. */
import { type BarFormat, BRACKETED, CAPITALS, DATE_AND_TIME, IN_ORDER, LOWER, NEW_YORK, NUMBER } from './format.js';

/** Eastern Standard Time without daylight saving. */
const EST = 'Etc/GMT+5'; // the sign in such names is the opposite of the offset's
/** Shared by the two formats of Databento, which write prices as whole numbers or as decimals. */
const DATABENTO = {
  source: 'https://databento.com/docs/schemas-and-data-formats/ohlcv',
  headers: [['ts_event', 'rtype', 'publisher_id', 'instrument_id', 'open', 'high', 'low', 'close', 'volume']],
  columns: { time: 'ts_event', symbol: 'symbol', ...LOWER },
};
/** Shared by the APIs of Polygon and Alpaca: their objects have the same keys; the key above the objects differs. */
const SHORT_KEYS = {
  keys: ['t', 'o', 'h', 'l', 'c', 'v', 'n', 'vw'],
  columns: { time: 't', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' },
};

export const VENDOR_FORMATS: readonly BarFormat[] = [
  {
    name: 'polygon',
    title: 'Polygon (Massive) flat files, epochs in ns',
    source: 'https://massive.com/docs/flat-files',
    headers: [['ticker', 'volume', 'open', 'close', 'high', 'low', 'window_start', 'transactions']],
    columns: { time: 'window_start', symbol: 'ticker', ...LOWER },
    example: ['AAPL,4930,10,10.5,11,9,1709562600000000000,129'],
  },
  {
    name: 'polygon-json',
    title: 'Polygon (Massive) aggregates, JSON of the API',
    source: 'https://massive.com/docs/rest/stocks/aggregates/custom-bars',
    ...SHORT_KEYS,
    columns: { ...SHORT_KEYS.columns, symbol: 'T' },
    under: /^results$/,
    example: [
      '{"ticker":"AAPL","resultsCount":1,"results":[{"v":4930,"vw":10.2,"o":10,"c":10.5,"h":11,"l":9,"t":1709562600000,"n":129}],"status":"OK"}',
    ],
  },
  {
    name: 'databento',
    title: 'Databento ohlcv-1m CSV, fixed-point prices (× 1,000,000,000)',
    ...DATABENTO,
    price: /^-?\d+$/,
    priceScale: 1_000_000_000,
    example: [
      'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
      '1709562600000000000,33,1,5482,5130250000000,5131000000000,5129750000000,5130500000000,823,ESH4',
    ],
  },
  {
    name: 'databento-pretty',
    title: 'Databento ohlcv-1m CSV, pretty prices',
    ...DATABENTO,
    price: /\./,
    example: [
      'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol',
      '2024-03-04T14:30:00.000000000Z,33,1,5482,5130.250000000,5131.000000000,5129.750000000,5130.500000000,823,ESH4',
    ],
  },
  {
    name: 'alpaca',
    title: 'Alpaca bars, CSV of alpaca-py',
    source: 'https://alpaca.markets/sdks/python/market_data.html',
    headers: [['symbol', 'timestamp', 'open', 'high', 'low', 'close', 'volume', 'trade_count', 'vwap']],
    columns: { time: 'timestamp', symbol: 'symbol', ...LOWER },
    example: ['AAPL,2024-03-04 14:30:00+00:00,176.15,176.9,175.82,176.3,2315021.0,20146.0,176.31'],
  },
  {
    name: 'alpaca-json',
    title: 'Alpaca bars, JSON of the API',
    source: 'https://docs.alpaca.markets/reference/stockbars',
    ...SHORT_KEYS,
    columns: { ...SHORT_KEYS.columns, symbol: 'S' },
    under: /^(?!results$)/, // a symbol or "bars"; "results" is the key of Polygon
    example: [
      '{"bars":{"AAPL":[{"t":"2024-03-04T14:30:00Z","o":176.15,"h":176.9,"l":175.82,"c":176.3,"v":2315021,"n":20146,"vw":176.31}]}}',
    ],
  },
  {
    name: 'yahoo',
    title: 'Yahoo Finance, as yfinance saves it',
    source: 'https://ranaroussi.github.io/yfinance/reference/api/yfinance.download.html',
    headers: [['Datetime', 'Open', 'High', 'Low', 'Close', 'Volume']],
    stamp: /[+-]\d\d:?\d\d$/,
    columns: { time: 'Datetime', ...CAPITALS },
    zone: NEW_YORK,
    example: [
      'Price,Close,High,Low,Open,Volume',
      'Ticker,SPY,SPY,SPY,SPY,SPY',
      'Datetime,,,,,',
      '2024-03-04 14:30:00+00:00,512.1,512.4,511.9,512.0,1200345',
    ],
  },
  {
    name: 'stooq',
    title: 'Stooq ASCII',
    source: 'https://stooq.com/db/h/',
    headers: [['<TICKER>', '<PER>', '<DATE>', '<TIME>', '<OPEN>', '<HIGH>', '<LOW>', '<CLOSE>', '<VOL>', '<OPENINT>']],
    columns: { symbol: '<TICKER>', ...BRACKETED, volume: '<VOL>' },
    time: ['yyyyMMdd HHmmss'],
    zone: 'Europe/Warsaw',
    example: ['AAPL.US,1,20240304,153000,176.15,176.9,175.82,176.3,2315021,0'],
  },
  {
    name: 'firstrate',
    title: 'FirstRate Data, US Eastern time',
    source: 'https://firstratedata.com/about/FAQ',
    headers: [['timestamp', 'open', 'high', 'low', 'close', 'volume']],
    row: new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,(?:${NUMBER},){4}${NUMBER}$`),
    file: /^([^_]+)_(?:full_1min|1min.*\.txt|1min.*firstrate)/i,
    needsFile: true,
    columns: IN_ORDER,
    zone: NEW_YORK,
    example: ['2024-03-04 09:30:00,176.15,176.9,175.82,176.3,2315021'],
  },
  {
    name: 'alpha-vantage',
    title: 'Alpha Vantage intraday CSV, US Eastern time',
    source: 'https://www.alphavantage.co/documentation/#intraday',
    headers: [['timestamp', 'open', 'high', 'low', 'close', 'volume']],
    file: /^intraday_1min_([A-Za-z0-9.-]+?)(?:\.csv|[ _(])/,
    needsFile: true,
    columns: { time: 'timestamp', ...LOWER },
    zone: NEW_YORK,
    example: ['2024-03-04 19:59:00,176.15,176.9,175.82,176.3,2315'],
  },
  {
    name: 'kibot',
    title: 'Kibot, US Eastern time',
    source: 'http://www.kibot.com/support.aspx#data_format',
    row: new RegExp(`^\\d\\d/\\d\\d/\\d{4},\\d\\d:\\d\\d,(?:${NUMBER},){4}${NUMBER}$`),
    file: /^([^_]+?)\.(?:txt|csv)/,
    columns: DATE_AND_TIME,
    time: ['MM/dd/yyyy HH:mm'],
    zone: NEW_YORK,
    example: ['03/04/2024,09:30,176.15,176.9,175.82,176.3,2315021'],
  },
  {
    name: 'histdata-ascii',
    title: 'HistData ASCII, Eastern Standard Time without daylight saving',
    source: 'https://www.histdata.com/f-a-q/data-files-detailed-specification/',
    delimiter: ';',
    row: new RegExp(`^\\d{8} \\d{6};(?:${NUMBER};){4}\\d+$`),
    file: /^DAT_ASCII_([A-Z0-9]+)_M1/,
    needsFile: true,
    columns: IN_ORDER,
    time: ['yyyyMMdd HHmmss'],
    zone: EST,
    example: ['20240304 093000;1.085000;1.085200;1.084900;1.085100;0'],
  },
  {
    name: 'histdata-metatrader',
    title: 'HistData for MetaTrader, Eastern Standard Time without daylight saving',
    source: 'https://www.histdata.com/f-a-q/data-files-detailed-specification/',
    row: new RegExp(`^\\d{4}\\.\\d\\d\\.\\d\\d,\\d\\d:\\d\\d,(?:${NUMBER},){4}\\d+$`),
    file: /^DAT_MT_([A-Z0-9]+)_M1/,
    needsFile: true,
    columns: DATE_AND_TIME,
    time: ['yyyy.MM.dd HH:mm'],
    zone: EST,
    example: ['2024.03.04,09:30,1.085000,1.085200,1.084900,1.085100,0'],
  },
  {
    name: 'dukascopy',
    title: 'Dukascopy historical data feed',
    source: 'https://www.dukascopy.com/swiss/english/marketwatch/historical/',
    headers: [[/^(Gmt|Local) time$/, 'Open', 'High', 'Low', 'Close', /^Volume ?$/]],
    columns: { time: /^(Gmt|Local) time$/, ...CAPITALS, volume: /^Volume ?$/ },
    time: ['dd.MM.yyyy HH:mm:ss.SSS', "dd.MM.yyyy HH:mm:ss.SSS 'GMT'ZZZ"],
    example: ['Gmt time,Open,High,Low,Close,Volume', '04.03.2024 14:30:00.000,1.085,1.0852,1.0849,1.0851,123.45'],
  },
];
