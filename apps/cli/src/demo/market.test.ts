import { csvRow, DEMO_SYMBOLS, makeMarket, mulberry32 } from './market.js';

/** 10 symbols, each with 5 days of 390 minutes. */
const SYMBOL_MINUTES = 10 * 5 * 390;

describe('the market of the demonstration', () => {
  const market = makeMarket(7);

  it('is the same for the same seed, and differs for another seed', () => {
    expect(makeMarket(7)).toEqual(market);
    expect(makeMarket(8).streamRows).not.toEqual(market.streamRows);
  });

  it('has 10 symbols and 5 days of 390 minutes, and 3 minutes that no dataset has', () => {
    expect(DEMO_SYMBOLS).toHaveLength(10);
    expect(market.reference).toHaveLength(SYMBOL_MINUTES - 3);
  });

  it('has valid bars', () => {
    for (const { open, high, low, close, volume } of market.reference) {
      const isValid = low <= open && low <= close && high >= open && high >= close && low > 0 && volume > 0;
      if (!isValid) throw new Error(`expected a valid bar, was ${JSON.stringify({ open, high, low, close })}`);
    }
  });

  describe('the dataset "stream", which loses rows of the dataset "reference"', () => {
    const referenceRows = new Set(market.reference.map(csvRow));
    const goodRows = market.streamRows.filter((row) => referenceRows.has(row));

    it('has 6 spoiled rows', () => {
      expect(market.streamRows.length - goodRows.length).toBe(6);
    });

    it('lacks about 2 % of the minutes at random, and 0.2 % in an outage', () => {
      const lost = market.reference.length - market.streamRows.length;
      expect(lost).toBeGreaterThan(0.015 * SYMBOL_MINUTES);
      expect(lost).toBeLessThan(0.028 * SYMBOL_MINUTES);
    });

    it('lacks 40 minutes of EMBER in an outage', () => {
      // 11:30 to 12:10 in New York: 16:30 to 17:10 in UTC.
      const outage = /^2024-03-06T(16:[345]\d|17:0\d):00.000Z,EMBER/;
      expect(market.reference.map(csvRow).filter((row) => outage.test(row))).toHaveLength(40);
      expect(goodRows.filter((row) => outage.test(row))).toHaveLength(0);
    });
  });

  it('is made of random numbers that are the same on every machine', () => {
    const random = mulberry32(1);
    expect([random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478]);
  });
});
