import { TradingDates } from './trading-dates.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const utcDate = (time: number) => new Date(time).toISOString().slice(0, 10);

test('the function for trading dates is called once for each quarter of an hour', () => {
  const asked: number[] = [];
  const dates = new TradingDates((time) => (asked.push(time), '2024-01-05'));
  for (let minute = 0; minute < 30; minute++) {
    for (const symbolId of [1, 2]) dates.add(symbolId, minute * MINUTE_MS);
  }
  expect(asked).toEqual([0, 15 * MINUTE_MS]);
  expect(dates.entries()).toEqual([
    [1, '2024-01-05'],
    [2, '2024-01-05'],
  ]);
});

test('each date of a symbol is listed once', () => {
  const dates = new TradingDates(utcDate);
  for (let hour = 0; hour < 30; hour++) dates.add(1, Date.UTC(2024, 0, 1) + hour * HOUR_MS);
  dates.add(2, Date.UTC(2024, 0, 1));
  expect(dates.entries()).toEqual([
    [1, '2024-01-01'],
    [1, '2024-01-02'],
    [2, '2024-01-01'],
  ]);
});

test('a symbol gets no date of another symbol where the local date changes at half past the hour', () => {
  // Midnight in Kolkata is 18:30 UTC. Symbol 1 has a bar after it, symbol 2 one in the same UTC hour but before it.
  const KOLKATA_OFFSET_MS = 5.5 * HOUR_MS;
  const dates = new TradingDates((time) => utcDate(time + KOLKATA_OFFSET_MS));
  dates.add(1, Date.UTC(2024, 0, 1, 18, 45));
  dates.add(2, Date.UTC(2024, 0, 1, 18, 10));
  expect(dates.entries()).toEqual([
    [1, '2024-01-02'],
    [2, '2024-01-01'],
  ]);
});
