import { calendarNamed, type Hours, type TradingDay } from './calendar/index.js';
import { isDerivable, parseInterval } from './interval.js';
import { DayGrid, bucketStarts } from './slots.js';

const MINUTE_MS = 60_000;
const BASE = parseInterval('1m');
const INTERVALS = ['1m', '2m', '5m', '7m', '15m', '30m', '1h', '90m', '4h', '24h', '1d'].map(parseInterval);

const day = (calendar: string, date: string, hours?: Hours): TradingDay =>
  calendarNamed(calendar).tradingDay(date, hours)!;
const gridOf = (tradingDay: TradingDay, interval: string) => new DayGrid(tradingDay, parseInterval(interval));
/** The date and the interval of a grid, for messages. */
const nameOf = ({ date, interval }: DayGrid) => `${date} ${interval.name}`;
const openTimes = (dayGrid: DayGrid) => Array.from({ length: dayGrid.slotCount }, (_, slot) => dayGrid.openTime(slot));
const clockTimes = (dayGrid: DayGrid) => openTimes(dayGrid).map((time) => new Date(time).toISOString().slice(11, 16));

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

describe.each(KINDS)('slots of %s', (_kind, days) => {
  const grids = days.flatMap((tradingDay) => INTERVALS.map((interval) => new DayGrid(tradingDay, interval)));

  it('a slot gives a time, and the time gives the slot', () => {
    expect(days.length).toBeGreaterThan(3);
    const wrong = grids.flatMap((dayGrid) =>
      openTimes(dayGrid).flatMap((time, slot) => (dayGrid.slotAt(time) === slot ? [] : [`${nameOf(dayGrid)} ${slot}`])),
    );
    expect(wrong).toEqual([]);
  });

  it('slots follow each other without overlap, cover every segment, and no bar crosses a break', () => {
    const wrong: string[] = [];
    for (const dayGrid of grids) {
      const covered = openTimes(dayGrid).reduce((sum, time, slot) => sum + dayGrid.closeTime(slot) - time, 0);
      const traded = dayGrid.interval.daily
        ? dayGrid.close - dayGrid.open
        : dayGrid.day.segments.reduce((sum, { open, close }) => sum + close - open, 0);
      if (covered !== traded) wrong.push(`${nameOf(dayGrid)}: covers ${covered} of ${traded} ms`);
      for (let slot = 1; slot < dayGrid.slotCount; slot++) {
        if (dayGrid.openTime(slot) < dayGrid.closeTime(slot - 1)) wrong.push(`${nameOf(dayGrid)} ${slot} overlaps`);
      }
      const isInOne = (slot: number) =>
        dayGrid.day.segments.some(
          ({ open, close }) => dayGrid.openTime(slot) >= open && dayGrid.closeTime(slot) <= close,
        );
      if (!dayGrid.interval.daily && !openTimes(dayGrid).every((_, slot) => isInOne(slot)))
        wrong.push(`${dayGrid.date} crosses a break`);
    }
    expect(wrong).toEqual([]);
  });

  it('closedBy and firstFrom count what a check of every slot counts', () => {
    const wrong: string[] = [];
    // 1m and 2m are left out because they take long. Steps of 3.5 minutes also reach times between whole minutes.
    for (const dayGrid of grids.filter(({ interval }) => interval.name !== '1m' && interval.name !== '2m')) {
      const opens = openTimes(dayGrid);
      const closes = opens.map((_, slot) => dayGrid.closeTime(slot));
      for (let time = dayGrid.open - 3 * MINUTE_MS; time <= dayGrid.close + 3 * MINUTE_MS; time += 3.5 * MINUTE_MS) {
        const closed = closes.filter((close) => close <= time).length;
        const earlier = opens.filter((open) => open < time).length;
        if (dayGrid.closedBy(time) !== closed) wrong.push(`${nameOf(dayGrid)} closedBy ${time}`);
        if (dayGrid.firstFrom(time) !== earlier) wrong.push(`${nameOf(dayGrid)} firstFrom ${time}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('a derived bucket is made of exactly the base slots that open within it', () => {
    const wrong: string[] = [];
    for (const tradingDay of days) {
      const base = new DayGrid(tradingDay, BASE);
      const opens = openTimes(base);
      for (const interval of INTERVALS.filter((one) => isDerivable(one, BASE))) {
        const derived = new DayGrid(tradingDay, interval);
        const starts = bucketStarts(base, derived);
        for (let bucket = 0; bucket < derived.slotCount; bucket++) {
          const [from, to] = [derived.openTime(bucket), derived.closeTime(bucket)];
          const first = opens.findIndex((open) => open >= from);
          const count = opens.filter((open) => open >= from && open < to).length;
          const same = starts[bucket] === first && starts[bucket + 1]! - first === count && count > 0;
          if (!same) wrong.push(`${tradingDay.date} ${interval.name} ${bucket}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('the slots of known days', () => {
  it.each([
    // A full day of 390 minutes, and a half day of 210.
    ['2024-11-27', { '1m': 390, '5m': 78, '15m': 26, '30m': 13, '1h': 7, '4h': 2, '1d': 1 }],
    ['2024-11-29', { '1m': 210, '5m': 42, '15m': 14, '30m': 7, '1h': 4, '4h': 1, '1d': 1 }],
  ])('XNYS on %s has these numbers of slots: %j', (date, counts) => {
    const found = Object.keys(counts).map((interval) => [interval, gridOf(day('XNYS', date), interval).slotCount]);
    expect(Object.fromEntries(found)).toEqual(counts);
  });

  it('hours are counted from the open, and the last one is short', () => {
    const hours = gridOf(day('XNYS', '2024-11-27'), '1h');
    expect(clockTimes(hours)).toEqual(['14:30', '15:30', '16:30', '17:30', '18:30', '19:30', '20:30']);
    expect(hours.closeTime(6) - hours.openTime(6)).toBe(30 * MINUTE_MS);
  });

  it('after a lunch break hours are counted from the second open', () => {
    expect(clockTimes(gridOf(day('XTKS', '2024-10-01'), '1h'))).toEqual([
      '00:00',
      '01:00',
      '02:00',
      '03:30',
      '04:30',
      '05:30',
    ]);
  });

  it('1d is one slot from the first open to the last close, with the break', () => {
    const daily = gridOf(day('XTKS', '2024-10-01'), '1d');
    expect([daily.slotCount, daily.openTime(0), daily.closeTime(0)]).toEqual([1, daily.open, daily.close]);
  });

  it('a time in the break or at the close is outside the calendar, and any other time without an open is off the grid', () => {
    const minutes = gridOf(day('XTKS', '2024-10-01'), '1m');
    const breakStart = Date.parse('2024-10-01T02:30Z');
    expect(minutes.slotAt(breakStart - MINUTE_MS)).toBe(149);
    expect(minutes.slotAt(breakStart)).toBe('outside-calendar');
    expect(minutes.slotAt(breakStart + 60 * MINUTE_MS)).toBe(150);
    expect(minutes.slotAt(minutes.open + 1)).toBe('off-grid');
    expect(minutes.slotAt(minutes.open - 1)).toBe('outside-calendar');
    expect(minutes.slotAt(minutes.close)).toBe('outside-calendar');
    expect(minutes.slotAt(Number.NaN)).toBe('off-grid');
  });

  it('a slot outside the day and a day without segments throw', () => {
    const minutes = gridOf(day('XNYS', '2024-11-27'), '1m');
    for (const slot of [-1, 390, -0.5, Number.NaN]) expect(() => minutes.openTime(slot)).toThrow(RangeError);
    expect(() => new DayGrid({ date: '2024-11-28', segments: [] }, BASE)).toThrow('2024-11-28');
  });
});
