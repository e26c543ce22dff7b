/** Files of QuantConnect Lean. Their paths name what their rows lack: the date, the symbol and the market. */
import { collectRows } from '../../../../../test/support/data/collecting-sink.js';
import { SymbolNames } from '../reading/index.js';
import { leanFile, planLean } from './lean.js';
import { READ_DEFAULTS } from './read-options.js';

/** A file whose rows have the time of New York, which is 4 hours behind UTC on this date. */
const EQUITY = '/data/equity/usa/minute/spy/20131004_trade.zip';

/** A time of day such as `09:30` as a row has it: milliseconds since midnight. */
function msAt(time: string): number {
  const [hours, minutes] = time.split(':').map(Number) as [number, number];
  return (hours * 60 + minutes) * 60_000;
}

/** Reads the text of a Lean file, as an import does. @param entry the name inside of the zip */
function read(path: string, text: string, entry?: string) {
  const bytes = Buffer.from(text);
  const options = { ...READ_DEFAULTS, symbolNames: new SymbolNames() };
  return collectRows(planLean(leanFile(path, entry, {}), options, bytes), bytes);
}

describe('a Lean path', () => {
  it('names the symbol, the date, and the market, which determines zone and price scale', () => {
    const midnightMs = Date.UTC(2013, 9, 4);
    expect(leanFile(EQUITY, undefined, {})).toEqual({
      symbol: 'SPY',
      midnightMs,
      zone: 'America/New_York',
      priceScale: 10_000,
      isQuote: false,
    });
    const crypto = leanFile('/data/crypto/coinbase/minute/btcusd/20180404_trade.zip', undefined, {});
    expect(crypto).toMatchObject({ symbol: 'BTCUSD', zone: 'UTC', priceScale: 1 });
  });

  it('is overridden by the options of the user', () => {
    const given = { symbol: 'X', zone: 'Asia/Tokyo', priceScale: 100 };
    expect(leanFile('/elsewhere/spy/20131004_trade.zip', undefined, given)).toMatchObject(given);
  });

  it.each([
    ['/data/equity/usa/minute/spy/20131004_openinterest.zip', 'name like'],
    ['/data/equity/usa/minute/spy/20131304_trade.zip', 'expected a date'],
    ['/data/equity/usa/hour/spy/20131004_trade.zip', 'resolution "hour"'],
    ['/elsewhere/spy/20131004_trade.zip', '--tz'],
    ['/data/equity/japan/minute/7203/20131004_trade.zip', '--tz'],
  ])('is refused: %s', (path, message) => expect(() => leanFile(path, undefined, {})).toThrow(message));
});

describe('Lean rows', () => {
  it('of equities have times since midnight in New York, and prices × 10,000', () => {
    const first = `${msAt('04:00')},1689500,1689800,1689500,1689800,800`;
    const { bars, refused } = read(EQUITY, `${first}\n${msAt('09:30')},1,2,1,2,1\r\n`);
    expect(refused).toEqual([]);
    expect(bars[0]).toEqual({
      symbol: 'SPY',
      openTime: Date.UTC(2013, 9, 4, 8),
      open: 168.95,
      high: 168.98,
      low: 168.95,
      close: 168.98,
      volume: 800,
    });
    expect(bars[1]?.openTime).toBe(Date.UTC(2013, 9, 4, 13, 30));
  });

  it('of crypto have times since midnight in UTC, and prices that are not scaled', () => {
    // The rows end in \r.
    const path = '/data/crypto/coinbase/minute/ethusd/20180404_trade.zip';
    const { bars } = read(path, '0,416.29,416.29,416.15,416.15,46.33579289\r60000,416.08,416.15,414.99,414.99,286.7\r');
    expect(bars).toHaveLength(2);
    expect(bars[0]).toMatchObject({ openTime: Date.UTC(2018, 3, 4), open: 416.29, volume: 46.33579289 });
  });

  it('have the time that a clock in New York shows, also on a day on which daylight saving changes', () => {
    const rowsAt = (...times: string[]): string => times.map((time) => `${msAt(time)},1,1,1,1,1`).join('\n');
    // The clock skips 02:30 in spring, and shows 01:30 twice in autumn.
    const spring = read('/d/equity/usa/minute/spy/20130310_trade.zip', rowsAt('02:30', '09:30'));
    expect(spring.refused).toMatchObject([{ line: 1, reason: 'skipped-by-dst' }]);
    expect(spring.bars[0]?.openTime).toBe(Date.UTC(2013, 2, 10, 13, 30));
    const autumn = read('/d/equity/usa/minute/spy/20131103_trade.zip', rowsAt('01:30', '09:30'));
    expect(autumn.refused).toMatchObject([{ line: 1, reason: 'ambiguous-by-dst' }]);
    expect(autumn.bars[0]?.openTime).toBe(Date.UTC(2013, 10, 3, 14, 30));
  });

  it.each([
    [`${msAt('04:00')},1,2`, 'missing-fields'],
    [`${msAt('24:00')},1,1,1,1,1`, 'unreadable-time'],
    ['-1,1,1,1,1,1', 'unreadable-time'],
    [`${msAt('04:00')},1,1,x,1,1`, 'not-a-number'],
    [`${msAt('04:00') + 1},1,1,1,1,1`, 'off-grid'],
  ])('are refused, and the rows before and after are stored: %s', (row, reason) => {
    const { bars, refused } = read(EQUITY, `${msAt('09:30')},1,1,1,1,1\n${row}\n${msAt('09:31')},1,1,1,1,1`);
    expect(bars).toHaveLength(2);
    expect(refused).toMatchObject([{ line: 2, reason }]);
  });

  it('of equities have prices × 10,000 in every market, such as India', () => {
    const { bars } = read(
      '/d/equity/india/minute/reliance/20240304_trade.zip',
      `${msAt('09:15')},29950000,29960000,29940000,29955000,10`, // 09:15 in Kolkata is 03:45 UTC
    );
    expect(bars).toMatchObject([{ symbol: 'RELIANCE', openTime: Date.UTC(2024, 2, 4, 3, 45), open: 2995 }]);
  });

  it('of futures have a symbol with the month of the contract', () => {
    const entry = '20240304_es_minute_trade_202403_20240315.csv';
    const { bars } = read(
      '/d/future/cme/minute/es/20240304_trade.zip',
      `${msAt('14:30')},5130.25,5131,5129.75,5130.5,823`, // Lean futures have the zone UTC
      entry,
    );
    expect(bars).toMatchObject([
      { symbol: 'ES202403', openTime: Date.UTC(2024, 2, 4, 14, 30), open: 5130.25, volume: 823 },
    ]);
  });

  it('of forex are quotes: the bar is the mean of bid and ask, and has no volume', () => {
    // Time, the four prices and the size of the bid, and those of the ask.
    const text = '0,1.0850,1.0852,1.0848,1.0850,0,1.0852,1.0854,1.0850,1.0852,0';
    const { bars } = read('/d/forex/oanda/minute/eurusd/20240304_quote.zip', text);
    expect(bars).toEqual([
      {
        symbol: 'EURUSD',
        openTime: Date.UTC(2024, 2, 4),
        open: 1.0851,
        high: 1.0853,
        low: 1.0849,
        close: 1.0851,
        volume: 0,
      },
    ]);
  });

  it('of forex without the ask prices are refused', () => {
    const text = '0,1.0850,1.0852,1.0848,1.0850,0,1.0852,1.0854,1.0850,1.0852,0\n60000,2.0850,2.0852,2.0848,2.0850,0';
    const { bars, refused } = read('/d/forex/oanda/minute/eurusd/20240304_quote.zip', text);
    expect(bars).toHaveLength(1);
    expect(refused).toMatchObject([{ line: 2, reason: 'missing-fields' }]);
  });

  it('of forex with a wrong ask price are refused with its name', () => {
    const { refused } = read('/d/forex/oanda/minute/eurusd/20240304_quote.zip', '0,1,1,1,1,0,1,1,x,1,0\n');
    expect(refused).toMatchObject([{ reason: 'not-a-number', detail: 'ask low: expected a number, was "x"' }]);
  });
});
