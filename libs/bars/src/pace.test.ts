import { calendarNamed } from './calendar/index.js';
import { parseInterval } from './interval.js';
import { OVERRUN_AFTER_MS, OverrunMeter, PaceOverrunError, PaceSchedule, TradingTime } from './pace.js';
import { DayGrid } from './slots.js';

const MINUTE = 60_000;
const gridsOf = (calendar: string, start: string, end: string) =>
  calendarNamed(calendar)
    .tradingDays(start, end)
    .map((day) => new DayGrid(day, parseInterval('1m')));

/** Close times of all bars of some days, in order. */
const closesOf = (grids: readonly DayGrid[]) =>
  grids.flatMap((grid) => Array.from({ length: grid.slotCount }, (_, slot) => grid.closeTime(slot)));

describe('trading time', () => {
  it.each([
    ['nights and a weekend', 'XNYS', '2013-10-03', '2013-10-08'],
    ['lunch breaks', 'XHKG', '2013-10-03', '2013-10-08'],
    ['days that open on the evening before', 'CMES', '2013-10-03', '2013-10-08'],
    ['a change to winter time and a half day', 'XNYS', '2015-10-30', '2015-12-28'],
    ['days that touch', '24/7', '2013-10-03', '2013-10-05'],
  ])('advances by one minute for each bar across %s', (_what, calendar, start, end) => {
    const grids = gridsOf(calendar, start, end);
    const time = new TradingTime(grids.map(({ day }) => day));
    expect(closesOf(grids).map((close) => time.at(close))).toEqual(
      Array.from({ length: closesOf(grids).length }, (_, n) => (n + 1) * MINUTE),
    );
  });

  it('stands still from a close to the next open, before the first open and after the last close', () => {
    const [first, second] = gridsOf('XNYS', '2013-10-03', '2013-10-04');
    const time = new TradingTime([first!.day, second!.day]);
    expect([first!.open - 1, first!.open].map((at) => time.at(at))).toEqual([0, 0]);
    const night = [first!.close, first!.close + 5, second!.open - 1, second!.open];
    expect(night.map((at) => time.at(at))).toEqual(night.map(() => 390 * MINUTE));
    expect(time.at(second!.close + MINUTE)).toBe(780 * MINUTE);
  });
});

describe('a schedule', () => {
  const [day, next] = gridsOf('XNYS', '2013-10-03', '2013-10-04');
  const time = new TradingTime([day!.day, next!.day]);

  it.each([0.1, 1, 600, 100_000])(
    'at speed %d: the n-th bar is due n slots after the anchor, overnight too',
    (speed) => {
      const schedule = new PaceSchedule(time, speed, day!.open, 1_000);
      closesOf([day!, next!]).forEach((close, n) => {
        expect(schedule.dueAt(close)).toBeCloseTo(1_000 + ((n + 1) * MINUTE) / speed, 6);
      });
    },
  );

  it('has the open of a day due at the same moment as the close of the day before', () => {
    const schedule = new PaceSchedule(time, 60, day!.open, 0);
    expect(schedule.dueAt(next!.open)).toBe(schedule.dueAt(day!.close));
  });

  it('continues from the clock when it gets a new anchor after a stop', () => {
    const clock = day!.closeTime(99);
    const schedule = new PaceSchedule(time, 60, clock, 1_000_000);
    expect(schedule.dueAt(clock)).toBe(1_000_000);
    expect(schedule.dueAt(day!.closeTime(100))).toBe(1_000_000 + MINUTE / 60);
  });
});

describe('an overrun', () => {
  const late = OVERRUN_AFTER_MS + 1;

  it('counts once until the clock has caught up', () => {
    const meter = new OverrunMeter(2);
    const startsOverrun = [0, OVERRUN_AFTER_MS, late, late + 100, 3, late].map((lag) => meter.note(lag));
    expect(startsOverrun).toEqual([false, false, true, false, false, true]);
    expect(meter.overruns).toBe(2 + 2);
  });

  it('has the lag that was noted last, and 0 when the clock is early', () => {
    const meter = new OverrunMeter();
    meter.note(late + 100);
    meter.note(late);
    expect(meter.lagMs).toBe(late);
    meter.note(-20);
    expect(meter.lagMs).toBe(0);
  });

  it('has an error message with the speed, the bars and the lag', () => {
    expect(new PaceOverrunError(600, Date.UTC(2013, 9, 7, 14), 312.4).message).toBe(
      'pace: expected the bars that close at 2013-10-07T14:00:00.000Z at 600 × real time, ' +
        'was 312 ms late: the store or the upkeep cannot keep up (pace.overrun is "fail")',
    );
  });
});
