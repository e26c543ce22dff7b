import { calendarNamed, type TradingDay } from './calendar/index.js';
import { isDerivable, parseInterval } from './interval.js';
import { DayGrid, bucketStarts } from './slots.js';

const MINUTE_MS = 60_000;
const BASE = parseInterval('1m');
const INTERVALS = ['1m', '2m', '5m', '7m', '15m', '30m', '1h', '90m', '4h', '24h', '1d'].map(parseInterval);

const gridOf = (calendar: string, date: string, interval: string) =>
  new DayGrid(calendarNamed(calendar).tradingDay(date)!, parseInterval(interval));
/** The date and the interval of a grid, for messages. */
const nameOf = ({ date, interval }: DayGrid) => `${date} ${interval.name}`;
const openTimes = (grid: DayGrid) => Array.from({ length: grid.slotCount }, (_, slot) => grid.openTime(slot));
const closeTimes = (grid: DayGrid) => Array.from({ length: grid.slotCount }, (_, slot) => grid.closeTime(slot));
/** The open times of all slots, as `HH:MM` in UTC. */
const utcOpens = (grid: DayGrid) => openTimes(grid).map((time) => new Date(time).toISOString().slice(11, 16));

/**
 * Trading days of each kind: whole and half days, days with breaks, days that begin on the evening before, changes of
 * the clocks, and 24 hours.
 */
const KINDS: [kind: string, days: TradingDay[]][] = [
  ['XNYS over a year, with half days', calendarNamed('XNYS').tradingDays('2024-01-01', '2024-12-31')],
  ['XNYS with extended hours', calendarNamed('XNYS').tradingDays('2024-11-20', '2024-12-05', 'extended')],
  ['XTKS, with its lunch break', calendarNamed('XTKS').tradingDays('2024-10-28', '2024-11-15')],
  ['XHKG, with lunch breaks and half days', calendarNamed('XHKG').tradingDays('2024-12-20', '2025-01-03')],
  ['CMES, from the evening before', calendarNamed('CMES').tradingDays('2024-11-25', '2024-12-02')],
  ['24/7', calendarNamed('24/7').tradingDays('2024-02-27', '2024-03-02')],
];

describe.each(KINDS)('the slots of %s', (_kind, days) => {
  const grids = days.flatMap((day) => INTERVALS.map((interval) => new DayGrid(day, interval)));

  it('slotAt returns the slot of each open time', () => {
    expect(days.length).toBeGreaterThan(3);
    const wrong: string[] = [];
    for (const grid of grids) {
      openTimes(grid).forEach((time, slot) => {
        if (grid.slotAt(time) !== slot) wrong.push(`${nameOf(grid)} ${slot}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('slots follow each other without overlap, and cover every segment; that of 1d covers the breaks, too', () => {
    const wrong: string[] = [];
    for (const grid of grids) {
      const [opens, closes] = [openTimes(grid), closeTimes(grid)];
      const covered = opens.reduce((sum, open, slot) => sum + closes[slot]! - open, 0);
      // The one slot of 1d also covers the breaks; all other slots together cover the segments.
      const expected = grid.interval.daily
        ? grid.close - grid.open
        : grid.day.segments.reduce((sum, { open, close }) => sum + close - open, 0);
      if (covered !== expected) wrong.push(`${nameOf(grid)}: covers ${covered} of ${expected} ms`);
      opens.slice(1).forEach((open, i) => {
        if (open < closes[i]!) wrong.push(`${nameOf(grid)} ${i + 1} overlaps`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('no bar crosses a break, except a daily one', () => {
    const wrong: string[] = [];
    for (const grid of grids.filter(({ interval }) => !interval.daily)) {
      const closes = closeTimes(grid);
      openTimes(grid).forEach((open, slot) => {
        const isInOneSegment = grid.day.segments.some(
          (segment) => open >= segment.open && closes[slot]! <= segment.close,
        );
        if (!isInOneSegment) wrong.push(`${nameOf(grid)} ${slot}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('closedBy is the number of slots that close by a time, and firstFrom the number of slots that open before it', () => {
    const wrong: string[] = [];
    // From 3 minutes before the open to 3 minutes after the close. Steps of 3.5 minutes also reach times between whole minutes. The
    // intervals 1m and 2m are left out because they take long.
    for (const grid of grids.filter(({ interval }) => !['1m', '2m'].includes(interval.name))) {
      const [opens, closes] = [openTimes(grid), closeTimes(grid)];
      for (let time = grid.open - 3 * MINUTE_MS; time <= grid.close + 3 * MINUTE_MS; time += 3.5 * MINUTE_MS) {
        const closed = closes.filter((close) => close <= time).length;
        const openedBefore = opens.filter((open) => open < time).length; // also the first slot that opens at `time` or later
        if (grid.closedBy(time) !== closed) wrong.push(`${nameOf(grid)} closedBy ${time}`);
        if (grid.firstFrom(time) !== openedBefore) wrong.push(`${nameOf(grid)} firstFrom ${time}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('a derived bucket is made of exactly the base slots that open within it', () => {
    const wrong: string[] = [];
    for (const day of days) {
      const base = new DayGrid(day, BASE);
      const opens = openTimes(base);
      for (const interval of INTERVALS.filter((one) => isDerivable(one, BASE))) {
        const derived = new DayGrid(day, interval);
        const starts = bucketStarts(base, derived);
        for (let bucket = 0; bucket < derived.slotCount; bucket++) {
          const [from, to] = [derived.openTime(bucket), derived.closeTime(bucket)];
          const first = opens.findIndex((open) => open >= from);
          const count = opens.filter((open) => open >= from && open < to).length;
          const isRight = count > 0 && starts[bucket] === first && starts[bucket + 1] === first + count;
          if (!isRight) wrong.push(`${nameOf(derived)} ${bucket}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('known days', () => {
  it.each([
    // A full day of 390 minutes, and a half day of 210.
    ['2024-11-27', { '1m': 390, '5m': 78, '15m': 26, '30m': 13, '1h': 7, '4h': 2, '1d': 1 }],
    ['2024-11-29', { '1m': 210, '5m': 42, '15m': 14, '30m': 7, '1h': 4, '4h': 1, '1d': 1 }],
  ])('XNYS on %s has these numbers of slots: %j', (date, counts) => {
    const found = Object.keys(counts).map((interval) => [interval, gridOf('XNYS', date, interval).slotCount]);
    expect(Object.fromEntries(found)).toEqual(counts);
  });

  it('hours are counted from the open, and the last one is short', () => {
    const hours = gridOf('XNYS', '2024-11-27', '1h');
    expect(utcOpens(hours)).toEqual(['14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '20:30']);
    expect(hours.closeTime(6) - hours.openTime(6)).toBe(30 * MINUTE_MS);
  });

  it('after a lunch break hours are counted from the second open', () => {
    const hours = gridOf('XTKS', '2024-10-01', '1h');
    expect(utcOpens(hours)).toEqual(['00:00', '01:00', '02:00', '03:30', '04:30', '05:30']);
  });

  it('1d is one slot from the first open to the last close, with the break', () => {
    const daily = gridOf('XTKS', '2024-10-01', '1d');
    expect([daily.slotCount, daily.openTime(0), daily.closeTime(0)]).toEqual([1, daily.open, daily.close]);
  });

  it('a time in the break or at the close is outside the calendar; within a segment, a time that is no open is off the grid', () => {
    const minutes = gridOf('XTKS', '2024-10-01', '1m');
    const [breakStart, breakEnd] = [Date.parse('2024-10-01T02:30Z'), Date.parse('2024-10-01T03:30Z')];
    // The morning has 150 minutes.
    expect(minutes.slotAt(breakStart - MINUTE_MS)).toBe(149);
    expect(minutes.slotAt(breakStart)).toBe('outside-calendar');
    expect(minutes.slotAt(breakEnd)).toBe(150);
    expect(minutes.slotAt(minutes.open - 1)).toBe('outside-calendar');
    expect(minutes.slotAt(minutes.open + 1)).toBe('off-grid');
    expect(minutes.slotAt(minutes.close)).toBe('outside-calendar');
    expect(minutes.slotAt(Number.NaN)).toBe('off-grid');
  });

  it('a slot outside the day and a day without segments throw', () => {
    const minutes = gridOf('XNYS', '2024-11-27', '1m');
    for (const slot of [-1, 390, -0.5, Number.NaN]) expect(() => minutes.openTime(slot)).toThrow(RangeError);
    expect(() => new DayGrid({ date: '2024-11-28', segments: [] }, BASE)).toThrow('2024-11-28');
  });
});
