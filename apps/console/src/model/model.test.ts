import { openDayOf, placeOnLine, ratesOf } from './progress.js';
import { compareHref, pageOf, sessionHref } from './routes.js';
import { specOf } from './spec-form.js';
import { atVenueText, bothZonesText, countText, durationText, progressText, filledText, minuteText } from './texts.js';

const DAYS = [
  { open: '2024-03-04T14:30:00.000Z', close: '2024-03-04T21:00:00.000Z' },
  { open: '2024-03-05T14:30:00.000Z', close: '2024-03-05T21:00:00.000Z' },
];

describe('the line of time', () => {
  // Of two days, each takes half of the line.
  it.each([
    [null, 0],
    ['2024-03-04T12:00:00.000Z', 0],
    ['2024-03-04T17:45:00.000Z', 0.25], // the middle of the first day
    ['2024-03-04T21:00:00.000Z', 0.5],
    ['2024-03-05T10:00:00.000Z', 0.5],
    ['2024-03-05T21:00:00.000Z', 1],
  ])('has %s at %d', (time, place) => {
    expect(placeOnLine(time, DAYS)).toBeCloseTo(place);
  });

  it.each([
    [null, 0],
    ['2024-03-04T20:59:00.000Z', 0],
    ['2024-03-04T21:00:00.000Z', 1], // the close of day 0
    ['2024-03-06T00:00:00.000Z', 2], // after both days: their number
  ])('the open day is the first day that closes after the clock: with the clock at %s day %d', (clock, dayIndex) => {
    expect(openDayOf(clock, DAYS)).toBe(dayIndex);
  });
});

describe('texts', () => {
  it('100 % is shown only when everything is filled or done', () => {
    expect(filledText({ expected: 1_000_000, filled: 999_999, noTrade: 0 })).toBe('99.99 %'); // rounded down
    expect(filledText({ expected: 390, filled: 389, noTrade: 1 })).toBe('100.00 %');
    expect(filledText({ expected: 0, filled: 0, noTrade: 0 })).toBe('–');
    expect(progressText(0.999)).toBe('99 %');
  });

  it('a time is shown in UTC and at the venue', () => {
    expect(minuteText('2024-03-04T00:05:59.000Z')).toBe('2024-03-04 00:05');
    const [open, close] = ['2024-03-04T14:30:00.000Z', '2024-03-04T21:00:00.000Z'];
    expect(atVenueText('America/New_York', open, close)).toBe(' (09:30–16:00 New York)');
    expect(atVenueText('Japan', open)).toBe(' (23:30 Japan)');
    expect(bothZonesText('2024-03-04T14:30:00.000Z', 'America/New_York')).toBe('2024-03-04 14:30 UTC (09:30 New York)');
    expect(bothZonesText('2024-03-04T14:30:00.000Z', 'UTC')).toBe('2024-03-04 14:30 UTC');
    expect(bothZonesText(null, 'America/New_York')).toBe('–');
  });

  it('one thing is in the singular, and any other count in the plural', () => {
    expect([0, 1, 1204].map((count) => countText(count, 'gap'))).toEqual(['0 gaps', '1 gap', '1,204 gaps']);
  });

  it.each([
    [140, '0.1 s'],
    [12_000, '12 s'],
    [240_000, '4 min'],
    [10_800_000, '3 h'],
    [259_200_000, '3 d'],
  ])('%d ms are shown as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

describe('addresses', () => {
  it.each(['a/b c', '%', 'constructor', '#x?'])('the address of a session called %s leads back to it', (id) => {
    expect(pageOf(new URL(sessionHref(id), 'http://here').pathname)).toEqual({ name: 'session', id });
  });

  it('an empty parameter is left out of the address', () => {
    expect(compareHref('a')).toBe('/compare?a=a');
  });

  it.each(['/sessions', '/compare/x', '/nothing', '/sessions/a/b'])('there is no page at %s', (path) => {
    expect(pageOf(path)).toEqual({ name: 'unknown' });
  });
});

it('makes a spec of the texts of a form', () => {
  const form = {
    id: ' ', // left out
    symbols: 'A, B',
    calendar: 'XNYS',
    start: '2024-03-04',
    end: '2024-03-08',
    dataset: 's',
    backfill: '',
    derivedIntervals: '5m',
    pace: '60',
    barrier: '30',
  };
  expect(specOf(form)).toEqual({
    symbols: ['A', 'B'],
    calendar: 'XNYS',
    start: '2024-03-04',
    end: '2024-03-08',
    derivedIntervals: ['5m'],
    source: { type: 'dataset', dataset: 's' },
    backfill: [],
    pace: { mode: 'clock', speed: 60 },
    upkeep: { barrier: { minutes: 30 } },
  });
});

describe('the rates of sessions', () => {
  /** A reading of the sessions at the time `at`, ms: the only one is `s`, with `filled` filled slots. No other count matters. */
  const reading = (at: number, filled: number) => ({ at, sessions: [{ id: 's', counts: { filled } as never }] });

  it('the rate is the bars per second between two readings', () => {
    expect(ratesOf(reading(0, 100), reading(2000, 500)).get('s')).toBe((500 - 100) / 2);
  });

  it('the rate of a session that starts again is not negative', () => {
    expect(ratesOf(reading(0, 500), reading(2000, 100)).get('s')).toBe(0);
  });

  it('after one reading the rate is unknown', () => {
    expect(ratesOf(undefined, reading(2000, 500)).size).toBe(0);
  });
});
