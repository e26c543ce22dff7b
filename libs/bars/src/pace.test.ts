import { calendarNamed } from './calendar/index.js';
import { parseInterval } from './interval.js';
import { OVERRUN_AFTER_MS, OverrunMeter, PaceOverrunError, paceSchedule, tradingTimeOf } from './pace.js';
import { DayGrid } from './slots.js';

const MINUTE_MS = 60_000;
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
    const time = tradingTimeOf(grids.map(({ day }) => day));
    const closes = closesOf(grids);
    expect(closes.map((close) => time(close))).toEqual(closes.map((_, n) => (n + 1) * MINUTE_MS));
  });

  it('stands still from a close to the next open, before the first open and after the last close', () => {
    const [first, second] = gridsOf('XNYS', '2013-10-03', '2013-10-04') as [DayGrid, DayGrid];
    const time = tradingTimeOf([first.day, second.day]);
    for (const before of [first.open - 1, first.open]) expect(time(before)).toBe(0);
    for (const night of [first.close, first.close + 5, second.open - 1, second.open]) {
      expect(time(night)).toBe(390 * MINUTE_MS);
    }
    expect(time(second.close + MINUTE_MS)).toBe(2 * 390 * MINUTE_MS);
  });
});

describe('a schedule', () => {
  const [first, second] = gridsOf('XNYS', '2013-10-03', '2013-10-04') as [DayGrid, DayGrid];
  const time = tradingTimeOf([first.day, second.day]);

  it.each([0.1, 1, 600, 100_000])(
    'the n-th bar is due n slots after the start, on the second day too, at speed %d',
    (speed) => {
      const startedAt = 1_000;
      const dueAt = paceSchedule(time, speed, first.open, startedAt);
      closesOf([first, second]).forEach((close, index) => {
        expect(dueAt(close)).toBeCloseTo(startedAt + ((index + 1) * MINUTE_MS) / speed, 6);
      });
    },
  );

  it('the open of a day is due at the same moment as the close of the day before', () => {
    const dueAt = paceSchedule(time, 60, first.open, 0);
    expect(dueAt(second.open)).toBe(dueAt(first.close));
  });

  it('continues from the clock when it gets a new anchor after a stop', () => {
    const clock = first.closeTime(99);
    const [speed, restartedAt] = [60, 1_000_000];
    const dueAt = paceSchedule(time, speed, clock, restartedAt);
    expect(dueAt(clock)).toBe(restartedAt);
    expect(dueAt(first.closeTime(100))).toBe(restartedAt + MINUTE_MS / speed);
  });
});

describe('OverrunMeter', () => {
  const late = OVERRUN_AFTER_MS + 1;

  it('an overrun is counted once until the clock has caught up', () => {
    const earlierOverruns = 2;
    const meter = new OverrunMeter(earlierOverruns);
    const startsOverrun = [0, OVERRUN_AFTER_MS, late, late + 100, 3, late].map((lag) => meter.note(lag));
    expect(startsOverrun).toEqual([false, false, true, false, false, true]);
    expect(meter.overruns).toBe(earlierOverruns + 2);
  });

  it('the lag is the one that was noted last, or 0 when the clock is early', () => {
    const meter = new OverrunMeter();
    meter.note(late + 100);
    meter.note(late);
    expect(meter.lagMs).toBe(late);
    meter.note(-20);
    expect(meter.lagMs).toBe(0);
  });

  it('the error of an overrun names the speed, the bars and the lag', () => {
    expect(new PaceOverrunError(600, Date.UTC(2013, 9, 7, 14), 312.4).message).toBe(
      'pace: expected the bars that close at 2013-10-07T14:00:00.000Z at 600 × real time, ' +
        'was 312 ms late: the store or the upkeep cannot keep up (pace.overrun is "fail")',
    );
  });
});
