/** Files in the forms of vendors. 1709562600 is 2024-03-04T14:30Z as epoch seconds. */
import { parseColumnsOption } from '../detect/index.js';
import { imported, reasonsOf, STORE_AS_X, SYMBOL, symbolsOf } from '../../../../../test/support/data/imported-file.js';

describe('a file whose rows name two symbols', () => {
  /** A bar of Alpaca or Polygon. @param key `S` at Alpaca, `T` at Polygon */
  const object = (key: string, symbol: string): string =>
    `{"${key}":"${symbol}","o":10,"h":11,"l":9,"c":10,"v":5,"t":"2024-03-04T14:30:00Z","n":3,"vw":10}`;

  it.each([
    ['objects of Alpaca', 'a.ndjson', `${object('S', 'AAPL')}\n${object('S', 'MSFT')}\n`],
    ['objects of Polygon', 'a.json', `{"results":[${object('T', 'AAPL')},${object('T', 'MSFT')}]}`],
  ])('stores each row under its symbol, and with --symbol refuses the second symbol: %s', async (_, name, text) => {
    expect(symbolsOf(await imported(name, text))).toEqual(['AAPL', 'MSFT']);
    expect(reasonsOf(await imported(name, text, STORE_AS_X))).toEqual({ 'other-symbol': 1 });
  });

  // The last column of each header is not the vendor's: a user added it, to join files of several symbols.
  it.each([
    [
      'interactive-brokers',
      'date,open,high,low,close,volume,average,barCount,symbol',
      '2024-03-04 09:30:00-05:00,10,11,9,10,5,10,3,',
    ],
    ['yahoo', 'Datetime,Open,High,Low,Close,Volume,Ticker', '2024-03-04 14:30:00+00:00,10,11,9,10,5,'],
    ['tradingview', 'time,open,high,low,close,Volume,Symbol', '1709562600,10,11,9,10,5,'],
  ])('is recognised as %s although it has a symbol column that the format lacks', async (format, header, row) => {
    const text = `${header}\n${row}SPY\n${row}QQQ\n`;
    const { bars, summary } = await imported('a.csv', text);
    expect(summary.understood[0]?.format).toBe(format);
    expect(bars).toEqual(['SPY', 'QQQ'].map((symbol) => [symbol, '2024-03-04T14:30Z', 10, 11, 9, 10, 5]));
    expect(reasonsOf(await imported('a.csv', text, STORE_AS_X))).toEqual({ 'other-symbol': 1 });
  });
});

it('a file is recognised although the user says which of its columns calls bars unfinished', async () => {
  const header = 'symbol,timestamp,open,high,low,close,volume,trade_count,vwap,final';
  const row = (minute: number, final: string): string =>
    `X,2024-03-04 14:3${minute}:00+00:00,10,11,9,10,5,3,10,${final}\n`;
  const read = { columns: parseColumnsOption('complete=final') };
  const { bars, summary } = await imported('a.csv', `${header}\n${row(0, 'True')}${row(1, 'False')}`, { read });
  expect(bars).toHaveLength(1);
  expect(summary.understood[0]).toMatchObject({ format: 'alpaca', columns: { complete: 'final' } });
});

it.each([
  ['CME_MINI_ESH2024, 1_b6c2e.csv', 'ESH2024'],
  ['NASDAQ_DLY_AAPL, 1.csv', 'AAPL'],
  ['BATS_SPY, 1.csv', 'SPY'],
])(
  'the symbol in a file name of TradingView follows the exchange, which may have several parts: %s',
  async (name, symbol) => {
    const text = 'time,open,high,low,close,Volume\n1709562600,10,11,9,10,5\n';
    expect((await imported(name, text)).bars[0]?.[SYMBOL]).toBe(symbol);
  },
);

it('the time of a MetaStock row is in two columns, <DTYYYYMMDD> and <TIME>', async () => {
  const header = '<TICKER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>';
  const { bars } = await imported('a.txt', `${header}\nX,20240304,143000,10,11,9,10,5\n`);
  expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
});

it.each([
  [
    'CryptoDataDownload about Binance',
    'https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount\n' +
      '1709562600000,2024-03-04 14:30:00,BTCUSDT,10,11,9,10,5,50,3\n',
  ],
  [
    'the Bloomberg terminal',
    '"SPY US Equity"\n\nDates,Open,High,Low,Last Price,Volume\n2024-03-04 14:30,10,11,9,10,5\n',
  ],
  ['BDH of Bloomberg', 'date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME\n2024-03-04 14:30,10,11,9,10,5\n'],
])('the columns of %s are found', async (_, text) => {
  expect((await imported('a.csv', text, STORE_AS_X)).bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
});

it('a warning reports that rows of one symbol have different values of "instrument_id"', async () => {
  const header = 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume';
  const row = (instrument: number): string => `1709562600000000000,33,1,${instrument},10.0,11.0,9.0,10.0,5\n`;
  const { summary } = await imported('a.csv', `${header}\n${row(1)}${row(2)}`, STORE_AS_X);
  expect(summary.warnings[0]).toContain('differ in the column "instrument_id"');
});
