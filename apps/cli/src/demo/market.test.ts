import { csvRow, DEMO_SYMBOLS, makeMarket, mulberry32 } from './market.js';

const EXPECTED = 10 * 5 * 390;

describe('the market of the demonstration', () => {
  const market = makeMarket(7);

  it('is the same for the same seed, and differs for another seed', () => {
    expect(makeMarket(7)).toEqual(market);
    expect(makeMarket(8).streamRows).not.toEqual(market.streamRows);
  });

  it('has 10 symbols and 5 days of 390 minutes, and 3 minutes that no dataset has', () => {
    expect(DEMO_SYMBOLS).toHaveLength(10);
    expect(market.reference).toHaveLength(EXPECTED - 3);
  });

  it('has valid bars', () => {
    for (const { open, high, low, close, volume } of market.reference) {
      const ordered = low <= open && low <= close && high >= open && high >= close && low > 0 && volume > 0;
      if (!ordered) throw new Error(`expected an ordered bar, was ${JSON.stringify({ open, high, low, close })}`);
    }
  });

  describe('has a stream that', () => {
    const whole = new Set(market.reference.map(csvRow));
    const goodRows = market.streamRows.filter((row) => whole.has(row));

    it('has 6 spoiled rows', () => {
      expect(market.streamRows.length - goodRows.length).toBe(6);
    });

    it('lacks about 2 % of the minutes at random, and 0.2 % by an outage', () => {
      const lost = market.reference.length - market.streamRows.length;
      expect(lost).toBeGreaterThan(0.015 * EXPECTED);
      expect(lost).toBeLessThan(0.028 * EXPECTED);
    });

    it('lacks 40 minutes of EMBER', () => {
      // 11:30 to 12:10 in New York, in UTC
      const outage = /^2024-03-06T(16:[345]\d|17:0\d):00.000Z,EMBER/;
      expect(market.reference.map(csvRow).filter((row) => outage.test(row))).toHaveLength(40);
      expect(goodRows.filter((row) => outage.test(row))).toHaveLength(0);
    });
  });

  it('is generated from numbers that are the same on every machine', () => {
    const random = mulberry32(1);
    expect([random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478]);
  });
});
