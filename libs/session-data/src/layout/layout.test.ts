import { calendarNamed } from '@barkeep/bars';
import { layoutOf } from '../../../../test/support/sessions/session-layout.js';

/** Two trading days, Wednesday and Thursday. With a barrier each hour, a window (what the stream writes at once) has at most an hour. */
const SPEC = { start: '2013-10-09', end: '2013-10-10', upkeep: { barrier: { minutes: 60 } } };
/** A session with this many trading days of history before its two days. @param history more fields of the spec's `history` */
const layoutWithHistory = (trailingDays: number, history: object = {}) =>
  layoutOf({ ...SPEC, history: { trailingDays, ...history } }, trailingDays);
const DAY_MS = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();

describe('the layout of a session', () => {
  it('begins with its first day when it has no history', () => {
    const plain = layoutOf(SPEC);
    expect(iso(plain.start)).toBe('2013-10-09T13:30:00.000Z');
    expect(plain.sessionStart).toBe(plain.start);
    expect(plain.historyEnd).toBe(plain.start);
    expect(plain.historyDays).toBe(0);
    expect(plain.isHistory(0)).toBe(false);
    expect(plain.asksHistory).toBe(false); // the spec requests no history
  });

  it('starts with the days of its history, and has a separate start of the session', () => {
    const trailing = layoutWithHistory(3);
    const dates = trailing.days.map(({ date }) => date);
    expect(dates).toEqual(['2013-10-04', '2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10']);
    expect([trailing.start, trailing.historyEnd, trailing.sessionStart].map(iso)).toEqual([
      '2013-10-04T13:30:00.000Z',
      '2013-10-08T20:00:00.000Z',
      '2013-10-09T13:30:00.000Z',
    ]);
    expect(trailing.days.map((_, day) => trailing.isHistory(day))).toEqual([true, true, true, false, false]);
  });

  it('streams a day of its history as one window, whatever the barrier is', () => {
    const windows = [...layoutWithHistory(1).windowsFrom(0)];
    const countOf = (day: number) => windows.filter(({ dayIndex }) => dayIndex === day).length;
    expect([0, 1, 2].map(countOf)).toEqual([1, 7, 7]); // seven: six hours, and the last half hour
    expect(windows[0]).toMatchObject({ dayIndex: 0, fromSlot: 0, toSlot: 390 });
  });

  it('windowsFrom(frontier) begins with the first window that ends after the frontier', () => {
    const trailing = layoutWithHistory(1);
    const all = [...trailing.windowsFrom(0)];
    expect(all[0]!.prev).toBe(trailing.start); // the frontier before the first window
    for (const [i, { to }] of all.entries()) {
      expect([...trailing.windowsFrom(to)]).toEqual(all.slice(i + 1));
      expect([...trailing.windowsFrom(to - 1)]).toEqual(all.slice(i));
    }
  });

  it('finds the close that comes a number of bars after a time, across nights, and never after the end', () => {
    const plain = layoutOf(SPEC);
    const after = (time: string, slots: number) => iso(plain.closeAfter(Date.parse(time), slots)).slice(5, 16);
    expect(after('2013-10-09T13:30Z', 30)).toBe('10-09T14:00');
    expect(after('2013-10-09T19:30Z', 30)).toBe('10-09T20:00');
    expect(after('2013-10-09T19:30Z', 31)).toBe('10-10T13:31');
    expect(after('2013-10-09T20:00Z', 1)).toBe('10-10T13:31');
    expect(after('2013-10-10T03:00Z', 390)).toBe('10-10T20:00');
    expect(after('2013-10-09T13:30Z', 100_000)).toBe('10-10T20:00'); // the end
    expect(after('2013-10-10T20:00Z', 1)).toBe('10-10T20:00');
  });

  it('finds the close that comes a number of bars after a time, across a lunch break', () => {
    const hongKong = layoutOf({ ...SPEC, calendar: 'XHKG' });
    const barAfterLunch = 155; // of the day; the break follows bar 150
    const close = hongKong.closeAfter(hongKong.start, barAfterLunch);
    expect(hongKong.grid(0).closedBy(close)).toBe(barAfterLunch);
  });

  it('counts only the slots of days after its history', () => {
    const trailing = layoutWithHistory(2);
    expect(trailing.slotsClosedBy(trailing.historyEnd)).toBe(0);
    expect(trailing.slotsClosedBy(trailing.sessionStart + 60_000)).toBe(1);
    expect(trailing.slotsClosedBy(trailing.end)).toBe(2 * 390);
  });

  it('counts the slots of its history separately', () => {
    expect(layoutWithHistory(3).historySlots).toBe(3 * 390);
    expect(layoutOf(SPEC).historySlots).toBe(0);
  });

  it('has fewer days of history when the calendar begins later', () => {
    const { firstDate } = calendarNamed('24/7');
    const thirdDate = iso(Date.parse(firstDate) + 2 * DAY_MS).slice(0, 10);
    const dates = { start: thirdDate, end: thirdDate };
    const early = layoutOf({ ...SPEC, calendar: '24/7', ...dates, history: { trailingDays: 10 } }, 10);
    expect(early.historyDays).toBe(2);
    expect(early.days[0]!.date).toBe(firstDate);
  });

  it('firstKeptAt is always the first day when the session retains all days, which is the default', () => {
    expect(layoutWithHistory(3).firstKeptAt(Infinity)).toBe(0);
  });

  it('firstKeptAt is the first of the retainDays newest closed days when the clock is at a time; all days after it are kept, too', () => {
    const kept = layoutWithHistory(3, { retainDays: 3 });
    const firstKeptDate = (time: number) => kept.day(kept.firstKeptAt(time)).date;
    expect(firstKeptDate(kept.start)).toBe('2013-10-04'); // no day is closed
    expect(firstKeptDate(kept.historyEnd)).toBe('2013-10-04'); // the three days of the history are closed
    expect(firstKeptDate(kept.sessionStart + 60_000)).toBe('2013-10-04'); // the same, and 9 October streams
    expect(firstKeptDate(kept.grid(3).close)).toBe('2013-10-07'); // 9 October is closed as the fourth day
    expect(firstKeptDate(kept.end)).toBe('2013-10-08'); // all five days are closed
  });

  it('firstKept is the first day that a store still has, from the time since when it has bars', () => {
    const kept = layoutWithHistory(3, { retainDays: 3 });
    expect(kept.firstKept(0)).toBe(0); // a store that has removed no day has no such time, which is read as 0
    expect(kept.firstKept(kept.start)).toBe(0);
    expect(kept.firstKept(kept.grid(2).open)).toBe(2);
  });
});
