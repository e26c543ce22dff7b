import { midnightOf } from './civil-day.js';

describe('the midnight of a date', () => {
  it('is that of Date for every day of four centuries', () => {
    const wrong: string[] = [];
    for (let ms = Date.UTC(1800, 0, 1); ms < Date.UTC(2201, 0, 1); ms += 86_400_000) {
      const date = new Date(ms);
      if (midnightOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()) !== ms)
        wrong.push(date.toISOString());
    }
    expect(wrong).toEqual([]);
  });

  it('is not a number for a date that does not exist', () => {
    for (const [year, month, day] of [
      [2023, 2, 29],
      [1900, 2, 29],
      [2024, 2, 30],
      [2024, 4, 31],
      [2024, 13, 1],
      [2024, 0, 1],
      [2024, 1, 0],
      [2024, 1, -1],
    ] as const)
      expect(midnightOf(year, month, day)).toBeNaN();
    expect(midnightOf(2000, 2, 29)).toBe(Date.UTC(2000, 1, 29));
  });
});
