import { TradingDates } from './trading-dates.js';

const HOUR_MS = 3_600_000;
const symbols = new Map([
  ['A', { id: 1 }],
  ['B', { id: 2 }],
]);

test('each date of a symbol is listed once, by default the UTC date', () => {
  const dates = new TradingDates();
  for (let hour = 0; hour < 30; hour++) dates.add('A', Date.UTC(2024, 0, 1) + hour * HOUR_MS);
  dates.add('B', Date.UTC(2024, 0, 1));
  expect(dates.entries(symbols)).toEqual([
    [1, '2024-01-01'],
    [1, '2024-01-02'],
    [2, '2024-01-01'],
  ]);
});

test('the function for trading dates is called once for each hour', () => {
  const asked: number[] = [];
  const dates = new TradingDates((time) => (asked.push(time), '2024-01-05'));
  for (let minute = 0; minute < 120; minute++) for (const symbol of ['A', 'B']) dates.add(symbol, minute * 60_000);
  expect(asked).toEqual([0, HOUR_MS]);
  expect(dates.entries(symbols)).toEqual([
    [1, '2024-01-05'],
    [2, '2024-01-05'],
  ]);
});
