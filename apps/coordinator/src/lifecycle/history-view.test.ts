import { calendarNamed, parseSessionSpec } from '@barkeep/bars';
import { historyView } from './history-view.js';

const spec = (history: object, more: object = {}) =>
  parseSessionSpec({
    symbols: ['SPY', 'IBM'],
    start: '2013-10-09',
    end: '2013-10-10',
    source: { type: 'dataset', dataset: 'lean' },
    history,
    ...more,
  });
const got = new Map([
  ['SPY', 1170],
  ['IBM', 1169],
]);

describe('the view of a history', () => {
  it('is null when the spec requests none', () => {
    expect(historyView({ spec: spec({}), historyDays: 0 }, got)).toBeNull();
  });

  it('is its days, and the bars of each symbol once they are stored', () => {
    const session = { spec: spec({ trailingDays: 3 }), historyDays: 3 };
    const days = { days: 3, firstDate: '2013-10-04', calendarBegins: false };
    expect(historyView(session)).toEqual({ ...days, bars: null });
    expect(historyView(session, got)).toEqual({ ...days, bars: { SPY: 1170, IBM: 1169 } });
  });

  it('distinguishes a calendar that starts later from data that does', () => {
    const bars = { spec: spec({ bars: 2000, interval: '1m' }), historyDays: 3 };
    expect(historyView(bars, got)).toMatchObject({ calendarBegins: false });
    const { firstDate } = calendarNamed('24/7');
    const second = new Date(Date.parse(firstDate) + 86_400_000).toISOString().slice(0, 10);
    const early = (history: object) => spec(history, { calendar: '24/7', start: second, end: second });
    expect(historyView({ spec: early({ trailingDays: 2 }), historyDays: 1 })).toMatchObject({
      firstDate,
      calendarBegins: true,
    });
    const asked = early({ bars: 1169, interval: '1m' });
    expect(historyView({ spec: asked, historyDays: 1 }, got)).toMatchObject({ calendarBegins: false });
  });

  it('shows what the row holds when the calendar is gone', () => {
    const gone = { ...spec({ trailingDays: 3 }), calendar: 'MARS' };
    expect(historyView({ spec: gone, historyDays: 3 })).toEqual({
      days: 3,
      firstDate: null,
      calendarBegins: false,
      bars: null,
    });
  });
});
