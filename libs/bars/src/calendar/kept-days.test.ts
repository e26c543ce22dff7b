import { calendarIds, calendarNamed } from './book.js';
import { decodeDays, encodeDays, sessionDays } from './kept-days.js';

describe('the days that a session keeps', () => {
  it.each(calendarIds())('the days are the same after encoding and decoding, for all hours of %s', (id) => {
    const calendar = calendarNamed(id);
    for (const hours of calendar.hasExtendedHours ? (['regular', 'extended'] as const) : (['regular'] as const)) {
      const days = calendar.tradingDays('2019-12-20', '2021-01-10', hours);
      expect(days.length).toBeGreaterThan(200);
      expect(decodeDays(encodeDays(days))).toEqual(days);
    }
  });

  it('the text has less than two characters for each day', () => {
    const days = calendarNamed('XNYS').tradingDays('1990-01-02', '2025-12-31', 'regular');
    expect(encodeDays(days).length).toBeLessThan(2 * days.length);
  });

  it('the days of the history come first, then the days of the spec', () => {
    const spec = { calendar: 'XNYS', start: '2024-03-04', end: '2024-03-05', hours: 'regular' as const };
    const historyDays = 2;
    const dates = sessionDays(spec, historyDays).map(({ date }) => date);
    expect(dates).toEqual(['2024-02-29', '2024-03-01', '2024-03-04', '2024-03-05']);
  });
});
