import { collect, type Collected } from './collecting-sink.js';
import { LeanBars, leanFile } from './lean-bars.js';
import { WallClock } from './wall-time.js';

const EQUITY = '/data/equity/usa/minute/spy/20131004_trade.zip';
const read = (path: string, text: string): Collected =>
  collect((sink) => {
    const file = leanFile(path, {});
    return new LeanBars(file, new WallClock(file.zone), sink);
  }, text);

describe('a Lean path', () => {
  it('says symbol, date, zone and price scale', () => {
    const midnightMs = Date.UTC(2013, 9, 4);
    expect(leanFile(EQUITY, {})).toEqual({ symbol: 'SPY', midnightMs, zone: 'America/New_York', priceScale: 10_000 });
    const crypto = leanFile('/data/crypto/coinbase/minute/btcusd/20180404_trade.zip', {});
    expect(crypto).toMatchObject({ symbol: 'BTCUSD', zone: 'UTC', priceScale: 1 });
  });

  it('gives way to what the user says', () => {
    const given = { symbol: 'X', zone: 'Asia/Tokyo', priceScale: 100 };
    expect(leanFile('/elsewhere/spy/20131004_trade.zip', given)).toMatchObject(given);
  });

  it.each([
    ['/data/equity/usa/minute/spy/20131004_quote.zip', 'name like'],
    ['/data/equity/usa/minute/spy/20131304_trade.zip', 'expected a date'],
    ['/data/equity/usa/hour/spy/20131004_trade.zip', 'resolution "hour"'],
    ['/elsewhere/spy/20131004_trade.zip', '--tz'],
    ['/data/equity/usa/minute/s p y/20131004_trade.zip', 'named like a symbol'],
  ])('is refused: %s', (path, message) => expect(() => leanFile(path, {})).toThrow(message));
});

describe('Lean rows', () => {
  it('of equities count from midnight in New York, prices times 10000', () => {
    const { bars, refused } = read(EQUITY, '14400000,1689500,1689800,1689500,1689800,800\n34200000,1,2,1,2,1\r\n');
    expect(refused).toEqual([]);
    const openTime = Date.UTC(2013, 9, 4, 8);
    expect(bars[0]).toEqual({
      symbol: 'SPY',
      openTime,
      open: 168.95,
      high: 168.98,
      low: 168.95,
      close: 168.98,
      volume: 800,
    });
    expect(bars[1]?.openTime).toBe(Date.UTC(2013, 9, 4, 13, 30));
  });

  it('of crypto count from midnight UTC, prices as they are, and may end in CR', () => {
    const path = '/data/crypto/coinbase/minute/ethusd/20180404_trade.zip';
    const { bars } = read(path, '0,416.29,416.29,416.15,416.15,46.33579289\r60000,416.08,416.15,414.99,414.99,286.7\r');
    expect(bars).toHaveLength(2);
    expect(bars[0]).toMatchObject({ openTime: Date.UTC(2018, 3, 4), open: 416.29, volume: 46.33579289 });
  });

  it('count the wall clock, not the elapsed time, on a day on which DST changes', () => {
    const spring = read('/d/equity/usa/minute/spy/20130310_trade.zip', '9000000,1,1,1,1,1\n34200000,1,1,1,1,1');
    expect(spring.refused).toMatchObject([{ line: 1, reason: 'skipped-by-dst' }]);
    expect(spring.bars[0]?.openTime).toBe(Date.UTC(2013, 2, 10, 13, 30));
    const autumn = read('/d/equity/usa/minute/spy/20131103_trade.zip', '5400000,1,1,1,1,1\n34200000,1,1,1,1,1');
    expect(autumn.refused).toMatchObject([{ line: 1, reason: 'ambiguous-by-dst' }]);
    expect(autumn.bars[0]?.openTime).toBe(Date.UTC(2013, 10, 3, 14, 30));
  });

  it.each([
    ['14400000,1,2', 'missing-fields'],
    ['86400000,1,1,1,1,1', 'unreadable-time'],
    ['-1,1,1,1,1,1', 'unreadable-time'],
    ['14400000,1,1,x,1,1', 'not-a-number'],
    ['14400001,1,1,1,1,1', 'off-grid'],
  ])('are refused one by one: %s', (row, reason) => {
    const { bars, refused } = read(EQUITY, `34200000,1,1,1,1,1\n${row}\n34260000,1,1,1,1,1`);
    expect(bars).toHaveLength(2);
    expect(refused).toMatchObject([{ line: 2, reason }]);
  });
});
