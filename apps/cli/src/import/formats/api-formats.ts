/** Formats of data vendors with an API: its answers, and files with the same fields. */
import { type BarFormat, CAPITALS, LOWER, NEW_YORK } from './format.js';

/** Shared by the formats of Databento, which write prices as whole numbers or as decimals. */
const DATABENTO_SOURCE = 'https://databento.com/docs/schemas-and-data-formats/ohlcv';
const DATABENTO = {
  source: DATABENTO_SOURCE,
  headers: [['ts_event', 'rtype', 'publisher_id', 'instrument_id', 'open', 'high', 'low', 'close', 'volume']],
  columns: { time: 'ts_event', symbol: 'symbol', ...LOWER },
};
const DATABENTO_JSON = {
  source: DATABENTO_SOURCE,
  keys: ['hd.ts_event', 'hd.rtype', 'hd.publisher_id', 'hd.instrument_id', 'open', 'high', 'low', 'close', 'volume'],
  columns: { time: 'hd.ts_event', symbol: 'symbol', ...LOWER },
};
/** Shared by the APIs of Polygon and Alpaca: their objects have the same keys; the key above the objects differs. */
const SHORT_KEYS = {
  keys: ['t', 'o', 'h', 'l', 'c', 'v', 'n', 'vw'],
  columns: { time: 't', open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' },
};

export const API_FORMATS: readonly BarFormat[] = [
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
    name: 'databento-json',
    title: 'Databento ohlcv-1m JSON, fixed-point prices (× 1,000,000,000)',
    ...DATABENTO_JSON,
    price: /^-?\d+$/,
    priceScale: 1_000_000_000,
    example: [
      '{"hd":{"ts_event":"1709562600000000000","rtype":33,"publisher_id":1,"instrument_id":5482},"open":"5130250000000","high":"5131000000000","low":"5129750000000","close":"5130500000000","volume":"823"}',
    ],
  },
  {
    name: 'databento-json-pretty',
    title: 'Databento ohlcv-1m JSON, pretty prices',
    ...DATABENTO_JSON,
    price: /\./,
    example: [
      '{"hd":{"ts_event":"2024-03-04T14:30:00.000000000Z","rtype":33,"publisher_id":1,"instrument_id":5482},"open":"5130.250000000","high":"5131.000000000","low":"5129.750000000","close":"5130.500000000","volume":"823","symbol":"ESH4"}',
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
    name: 'alpha-vantage-json',
    title: 'Alpha Vantage intraday JSON of shares, US Eastern time',
    source: 'https://www.alphavantage.co/documentation/#intraday',
    keys: ['index', '1. open', '2. high', '3. low', '4. close', '5. volume'],
    under: /^Time Series \(/, // not "Time Series FX (" and "Time Series Crypto (", whose times are UTC
    columns: { time: 'index', open: '1. open', high: '2. high', low: '3. low', close: '4. close', volume: '5. volume' },
    zone: NEW_YORK,
    example: [
      '{"Time Series (1min)":{"2024-03-04 19:59:00":{"1. open":"176.15","2. high":"176.9","3. low":"175.82","4. close":"176.3","5. volume":"2315"}}}',
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
];
