/** Formats of exchanges, and of programs that download from exchanges. */
import { type BarFormat, IN_ORDER, LOWER } from './format.js';

/** A decimal number that may have an exponent, as part of a pattern. */
const SCIENTIFIC = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
/** An epoch in ms or µs. */
const EPOCH = String.raw`\d{13}(?:\d{3})?`;

/** Shared by BitMEX's CSV and JSON: the names of its fields. Its times are closes, see https://github.com/ccxt/ccxt/issues/4446. */
const BITMEX_NAMES =
  'timestamp,symbol,open,high,low,close,trades,volume,vwap,lastSize,turnover,homeNotional,foreignNotional'.split(',');
const BITMEX = {
  source: 'https://www.bitmex.com/api/explorer/#!/Trade/Trade_getBucketed',
  columns: { time: 'timestamp', symbol: 'symbol', ...LOWER },
  times: 'close',
} as const;

export const EXCHANGE_FORMATS: readonly BarFormat[] = [
  {
    name: 'binance',
    title: 'Binance klines, epochs in ms or µs',
    source: 'https://github.com/binance/binance-public-data',
    headers: [['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'count', 'ignore']],
    // Open time, prices and volume, close time, quote volume, number of trades, two taker volumes, and a field without use.
    row: new RegExp(`^${EPOCH},(?:${SCIENTIFIC},){5}${EPOCH},${SCIENTIFIC},\\d+(?:,${SCIENTIFIC}){3}$`),
    file: /^([A-Z0-9_]+)-1m-/,
    columns: IN_ORDER,
    example: [
      '1735689600000000,93576.00,93610.93,93537.50,93610.93,8.21,1735689659999999,768978.11,2631,3.95,370757.32,0',
    ],
  },
  {
    name: 'binance-json',
    title: 'Binance klines, JSON of the API',
    source: 'https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints',
    arrays: { length: 12, timeDigits: 13 },
    columns: IN_ORDER,
    example: [
      '[[1709562600000,"65000.00","65010.00","64990.00","65005.00","1.5",1709562659999,"97507.5",129,"0.7","45503.5","0"]]',
    ],
  },
  {
    name: 'kraken',
    title: 'Kraken OHLCVT',
    source: 'https://support.kraken.com/articles/360047124832',
    row: new RegExp(`^\\d{10},(?:${SCIENTIFIC},){5}\\d+$`),
    file: /^([A-Za-z0-9]+)_1\.csv/,
    columns: IN_ORDER,
    example: ['1704067200,42265.2,42270.0,42265.1,42270.0,0.51234567,12'],
  },
  {
    name: 'bitstamp',
    title: 'Bitstamp and Binance as CryptoDataDownload gives them',
    source: 'https://www.cryptodatadownload.com/data/bitstamp/',
    headers: [
      ['unix', 'date', 'symbol', 'open', 'high', 'low', 'close', /^Volume /],
      ['Unix', 'Date', 'Symbol', 'Open', 'High', 'Low', 'Close', /^Volume /],
    ],
    // The header has a volume in each currency: the lookahead leaves that of the base currency, such as BTC.
    columns: {
      time: /^unix$/i,
      symbol: /^symbol$/i,
      open: /^open$/i,
      high: /^high$/i,
      low: /^low$/i,
      close: /^close$/i,
      volume: /^Volume (?!USD|EUR|GBP)/,
    },
    example: [
      // Each file begins with a line before the header.
      'https://www.CryptoDataDownload.com',
      'unix,date,symbol,open,high,low,close,Volume BTC,Volume USD',
      '1709562600,2024-03-04 14:30:00,BTC/USD,65000,65010,64990,65005,1.5,97507.5',
    ],
  },
  {
    name: 'coinbase',
    title: 'Coinbase Exchange candles (JSON): time, low, high, open, close, volume',
    source: 'https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles',
    arrays: { length: 6, timeDigits: 10 },
    columns: { time: 1, low: 2, high: 3, open: 4, close: 5, volume: 6 }, // columns count from 1
    example: ['[[1709562600,64990.0,65010.0,65000.0,65005.0,1.5]]'],
  },
  {
    name: 'bybit',
    title: 'Bybit klines, JSON of the v5 API',
    source: 'https://bybit-exchange.github.io/docs/v5/market/kline',
    arrays: { length: 7, timeDigits: 13 },
    columns: IN_ORDER,
    example: [
      '{"result":{"symbol":"BTCUSD","list":[["1709562600000","65000","65010","64990","65005","26861","0.41"]]}}',
    ],
  },
  {
    name: 'bybit-csv',
    title: "Bybit klines, CSV whose header has the API's field names",
    source: 'https://bybit-exchange.github.io/docs/v5/market/kline',
    headers: [['startTime', 'openPrice', 'highPrice', 'lowPrice', 'closePrice', 'volume', 'turnover']],
    columns: IN_ORDER,
    example: ['1709562600000,65000,65010,64990,65005,26861,0.41'],
  },
  {
    name: 'freqtrade',
    title: 'freqtrade (JSON): time, open, high, low, close, volume',
    source: 'https://www.freqtrade.io/en/stable/data-download/',
    arrays: { length: 6, timeDigits: 13 },
    file: /^(.+)-1m(?:-[a-z]+)?\.json/,
    columns: IN_ORDER,
    example: ['[[1709562600000,65000.0,65010.0,64990.0,65005.0,1.5]]'],
  },
  {
    name: 'bitfinex',
    title: 'Bitfinex candles (JSON): time, open, close, high, low, volume',
    source: 'https://docs.bitfinex.com/reference/rest-public-candles',
    arrays: { length: 6, timeDigits: 13 },
    columns: { time: 1, open: 2, close: 3, high: 4, low: 5, volume: 6 },
    example: ['[[1709562600000,65000,65005,65010,64990,1.5]]'],
  },
  {
    name: 'bitmex',
    title: 'BitMEX trade bins, CSV of the API: times are closes',
    ...BITMEX,
    headers: [BITMEX_NAMES],
    example: ['2024-03-04T14:31:00.000Z,XBTUSD,65000,65010,64990,65005,12,26800,65001.5,100,41230000,0.41,26800'],
  },
  {
    name: 'bitmex-json',
    title: 'BitMEX trade bins, JSON of the API: times are closes',
    ...BITMEX,
    keys: BITMEX_NAMES,
    example: [
      '[{"timestamp":"2024-03-04T14:31:00.000Z","symbol":"XBTUSD","open":65000,"high":65010,"low":64990,"close":65005,"trades":12,"volume":26800,"vwap":65001.5,"lastSize":100,"turnover":41230000,"homeNotional":0.41,"foreignNotional":26800}]',
    ],
  },
];
