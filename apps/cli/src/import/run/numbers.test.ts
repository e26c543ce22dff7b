/** Prices and volumes as countries, programs and vendors write them. */
import { CSV_HEADER } from '../../../../../test/support/data/import-texts.js';
import {
  CLOSE,
  countsOf,
  detailOf,
  imported,
  reasonsOf,
  STORE_AS_X,
  valuesOf,
} from '../../../../../test/support/data/imported-file.js';

describe('a file with numbers as other countries write them', () => {
  it('is refused when it has decimal commas, and read with --decimal, which the refusal names', async () => {
    const text = 'time;open;high;low;close;volume\n2024-03-04T14:30:00Z;1,0850;1,0860;1,0840;1,0855;12\n';
    const refused = await imported('a.csv', text, { read: { symbol: 'EURUSD' } });
    expect(detailOf(refused)).toContain('--decimal ,');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'EURUSD', numbers: { decimal: ',' } } });
    expect(bars).toEqual([['EURUSD', '2024-03-04T14:30Z', 1.085, 1.086, 1.084, 1.0855, 12]]);
  });

  it('is read with --thousands when its digits are in groups', async () => {
    const grouped = 'time;open;high;low;close;volume\n2024-03-04T14:30Z;1.085,5;1.086,5;1.084,5;1.085,5;1.234.567\n';
    const german = await imported('b.csv', grouped, {
      read: { symbol: 'X', numbers: { decimal: ',', thousands: '.' } },
    });
    expect(valuesOf(german.bars[0])).toEqual([1085.5, 1086.5, 1084.5, 1085.5, 1234567]);
  });
});

describe('groups of thousands', () => {
  it.each([
    ['"1,010.50","1,011.00","1,009.00","1,010.25","1,234,567"', '.', ','],
    ["1'010.50,1'011,1'009,1'010.25,1'234'567", '.', "'"],
    ['1’010.50,1’011,1’009,1’010.25,1’234’567', '.', "'"],
    ['"1 010,50","1\u00a0011","1\u202f009","1 010,25","1 234 567"', ',', ' '],
  ] as const)(
    'have their file refused, and are read with --thousands, which the refusal names: %s',
    async (values, decimal, thousands) => {
      // A byte order mark and \r\n, as Excel writes them.
      const text = `\ufeff${CSV_HEADER.trim()}\r\n2024-03-04T14:30:00Z,${values}\r\n`;
      expect(detailOf(await imported('a.csv', text, STORE_AS_X))).toContain('--thousands');
      const { bars } = await imported('a.csv', text, { read: { symbol: 'X', numbers: { decimal, thousands } } });
      expect(valuesOf(bars[0])).toEqual([1010.5, 1011, 1009, 1010.25, 1234567]);
    },
  );
});

describe('unusual numbers', () => {
  it('below zero are refused as prices, unless the user allows them', async () => {
    // Oil futures on the day on which their price fell below zero.
    const text = `${CSV_HEADER}2020-04-20T18:09:00Z,-0.6,-0.2,-3.1,-2.9,1500\n2020-04-20T18:10:00Z,-2.9,-2,-40.32,-37.63,2000\n`;
    const refused = await imported('a.csv', text, { read: { symbol: 'CLK20' } });
    expect(reasonsOf(refused)).toEqual({ 'negative-price': 2 });
    expect(detailOf(refused)).toContain('--allow-negative-prices');
    const { bars } = await imported('a.csv', text, { read: { symbol: 'CLK20', prices: 'any' } });
    expect(bars.map((bar) => bar[CLOSE])).toEqual([-2.9, -37.63]);
  });

  it('0 as a price, as some files have it for minutes without a trade, is refused, and the refusal says what to do', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,10,11,9,10,5\n2024-03-04T14:31Z,0,0,0,0,0\n2024-03-04T14:32Z,10,11,0,10,5\n`;
    const refused = await imported('a.csv', text, STORE_AS_X);
    expect(countsOf(refused)).toEqual({ bars: 1, refused: { 'zero-price': 2 } });
    expect(detailOf(refused)).toContain('no trade');
    expect(detailOf(refused)).toContain('--allow-negative-prices');
    expect((await imported('a.csv', text, { read: { symbol: 'X', prices: 'any' } })).bars).toHaveLength(3);
  });

  it('that are very small, very large or very long are read exactly', async () => {
    const text = `${CSV_HEADER}2024-03-04T14:30Z,1e-320,1.7976931348623157e308,1e-320,123456789012345.67,9007199254740993\n`;
    const { bars } = await imported('a.csv', text, STORE_AS_X);
    expect(valuesOf(bars[0])).toEqual([
      1e-320,
      1.7976931348623157e308,
      1e-320,
      123456789012345.67,
      Number('9007199254740993'),
    ]);
  });
});
