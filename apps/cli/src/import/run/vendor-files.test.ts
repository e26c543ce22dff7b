/** Files in the forms of vendors. 1709562600 is 2024-03-04T14:30Z as epoch seconds. */
import { imported, reasonsOf, SYMBOL, SYMBOL_X } from '../../../../../test/support/data/imported-file.js';

describe('in files of vendors,', () => {
  it('a symbol in the objects of Alpaca and Polygon is read, and not mixed', async () => {
    const object = (key: string, symbol: string): string =>
      `{"${key}":"${symbol}","o":10,"h":11,"l":9,"c":10,"v":5,"t":"2024-03-04T14:30:00Z","n":3,"vw":10}`;
    const alpaca = `${object('S', 'AAPL')}\n${object('S', 'MSFT')}\n`;
    expect((await imported('a.ndjson', alpaca)).bars.map(([symbol]) => symbol)).toEqual(['AAPL', 'MSFT']);
    expect(reasonsOf(await imported('a.ndjson', alpaca, SYMBOL_X))).toEqual({ 'other-symbol': 1 });
    const polygon = `{"results":[${object('T', 'AAPL')},${object('T', 'MSFT')}]}`;
    expect((await imported('a.json', polygon)).bars.map(([symbol]) => symbol)).toEqual(['AAPL', 'MSFT']);
  });

  it.each([
    [
      'interactive-brokers',
      'date,open,high,low,close,volume,average,barCount,symbol',
      '2024-03-04 09:30:00-05:00,10,11,9,10,5,10,3,',
    ],
    ['yahoo', 'Datetime,Open,High,Low,Close,Volume,Ticker', '2024-03-04 14:30:00+00:00,10,11,9,10,5,'],
    ['tradingview', 'time,open,high,low,close,Volume,Symbol', '1709562600,10,11,9,10,5,'],
  ])('a column of symbols that was added to those of %s is read, and not mixed', async (format, head, row) => {
    const text = `${head}\n${row}SPY\n${row}QQQ\n`;
    const { bars, summary } = await imported('a.csv', text);
    expect(summary.understood[0]?.format).toBe(format);
    expect(bars).toEqual(['SPY', 'QQQ'].map((symbol) => [symbol, '2024-03-04T14:30Z', 10, 11, 9, 10, 5]));
    expect(reasonsOf(await imported('a.csv', text, SYMBOL_X))).toEqual({ 'other-symbol': 1 });
  });

  it('TradingView names a file by its exchange, which may have several parts, and its symbol', async () => {
    const text = 'time,open,high,low,close,Volume\n1709562600,10,11,9,10,5\n';
    for (const [name, symbol] of [
      ['CME_MINI_ESH2024, 1_b6c2e.csv', 'ESH2024'],
      ['NASDAQ_DLY_AAPL, 1.csv', 'AAPL'],
      ['BATS_SPY, 1.csv', 'SPY'],
    ] as const) {
      expect((await imported(name, text)).bars[0]?.[SYMBOL]).toBe(symbol);
    }
  });

  it('the date of MetaStock belongs to the time', async () => {
    const head = '<TICKER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>';
    const { bars } = await imported('a.txt', `${head}\nX,20240304,143000,10,11,9,10,5\n`);
    expect(bars).toEqual([['X', '2024-03-04T14:30Z', 10, 11, 9, 10, 5]]);
  });

  it('different instruments of one symbol are warned of', async () => {
    const head = 'ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume';
    const bar = (id: number): string => `1709562600000000000,33,1,${id},10.0,11.0,9.0,10.0,5\n`;
    const { summary } = await imported('a.csv', `${head}\n${bar(1)}${bar(2)}`, SYMBOL_X);
    expect(summary.warnings[0]).toContain('differ in the column "instrument_id"');
  });
});
