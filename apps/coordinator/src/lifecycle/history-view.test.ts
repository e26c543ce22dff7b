/** `calendarBegins`: the history is shorter than requested, because the calendar has no earlier trading day. */
import { calendarNamed, parseSessionSpec } from '@barkeep/bars';
import { historyView } from './history-view.js';

const DAY_MS = 86_400_000;

/** Unless `more` says otherwise, the history is before 9 October 2013 in the calendar XNYS, which begins decades earlier. */
const spec = (history: object, more: object = {}) =>
  parseSessionSpec({
    symbols: ['SPY', 'IBM'],
    start: '2013-10-09',
    end: '2013-10-10',
    source: { type: 'dataset', dataset: 'lean' },
    history,
    ...more,
  });
/** A history of three trading days: SPY has all 3 × 390 minutes, IBM lacks one. */
const storedBars = new Map([
  ['SPY', 1170],
  ['IBM', 1169],
]);
/** The first and the second date of the calendar 24/7. */
const { firstDate } = calendarNamed('24/7');
const secondDate = new Date(Date.parse(firstDate) + DAY_MS).toISOString().slice(0, 10);
/** A session that starts on the second date of its calendar, so that only one day can be before it. */
const earlySession = (history: object) => ({
  spec: spec(history, { calendar: '24/7', start: secondDate, end: secondDate }),
  historyDays: 1,
});

describe('the view of a history', () => {
  it('is null when the spec requests none', () => {
    expect(historyView({ spec: spec({}), historyDays: 0 }, storedBars)).toBeNull();
  });

  it('has the number and the first date of its days, and the bars of each symbol once they are stored', () => {
    const session = { spec: spec({ trailingDays: 3 }), historyDays: 3 };
    const days = { days: 3, firstDate: '2013-10-04', calendarBegins: false };
    expect(historyView(session)).toEqual({ ...days, bars: null });
    expect(historyView(session, storedBars)).toEqual({ ...days, bars: { SPY: 1170, IBM: 1169 } });
  });

  it('calendarBegins is true when the calendar has fewer days than requested', () => {
    const session = earlySession({ trailingDays: 2 });
    expect(historyView(session)).toMatchObject({ firstDate, calendarBegins: true });
  });

  it('calendarBegins is false when only the data begin too late', () => {
    const moreThanStored = { bars: 2000, interval: '1m' };
    const session = { spec: spec(moreThanStored), historyDays: 3 };
    expect(historyView(session, storedBars)).toMatchObject({ calendarBegins: false });
  });

  it('calendarBegins is false when every symbol has the requested bars', () => {
    const barsOfDay = 1440; // the only day of history has all minutes of 24 hours
    const session = earlySession({ bars: barsOfDay, interval: '1m' });
    const wholeDay = new Map([
      ['SPY', barsOfDay],
      ['IBM', barsOfDay],
    ]);
    expect(historyView(session, wholeDay)).toMatchObject({ calendarBegins: false });
  });

  it('when the calendar is unknown, only the number of days is known, from the session record', () => {
    const ofUnknownCalendar = { ...spec({ trailingDays: 3 }), calendar: 'MARS' };
    expect(historyView({ spec: ofUnknownCalendar, historyDays: 3 })).toEqual({
      days: 3,
      firstDate: null,
      calendarBegins: false,
      bars: null,
    });
  });
});
