import { parseInterval } from '@barkeep/bars';
import type { SessionLayout } from '@barkeep/session-data';
import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { StepIntervalError } from './errors.js';
import { lastStepAt, stepInterval, stepsAfter } from './step-times.js';

/** The times of the steps after a time, as `MM-DDTHH:MM` in UTC. */
const utcTimes = (layout: SessionLayout, every: string, after: number) =>
  [...stepsAfter(layout, parseInterval(every), after)].map(({ time }) => new Date(time).toISOString().slice(5, 16));

test('steps end early at a lunch break and at an early close', () => {
  // Hong Kong trades from 01:30 to 04:00 and from 05:00 to 08:00 UTC. On the eve of the Lunar New Year it closes at 04:00.
  const layout = layoutOf({ calendar: 'XHKG', start: '2024-02-08', end: '2024-02-09' });
  expect(utcTimes(layout, '1h', layout.start)).toEqual([
    '02-08T02:30',
    '02-08T03:30',
    '02-08T04:00',
    '02-08T06:00',
    '02-08T07:00',
    '02-08T08:00',
    '02-09T02:30',
    '02-09T03:30',
    '02-09T04:00',
  ]);
  expect(utcTimes(layout, '1d', layout.start)).toEqual(['02-08T08:00', '02-09T04:00']);
});

test('the days of a history have no steps', () => {
  const historyDays = 2;
  const layout = layoutOf({ start: '2013-10-08', end: '2013-10-08' }, historyDays);
  expect(utcTimes(layout, '1d', layout.start)).toEqual(['10-08T20:00']);
  expect(lastStepAt(layout, parseInterval('1m'), layout.start)).toBe(layout.sessionStart);
});

test('the last and the next step are found from any time, for every interval', () => {
  const layout = layoutOf({ calendar: 'XTKS', start: '2024-01-04', end: '2024-01-09' });
  for (const every of ['1m', '7m', '30m', '1d'].map(parseInterval)) {
    const all = [...stepsAfter(layout, every, layout.start)].map(({ time }) => time);
    // Every 13 minutes: a time between two steps, or exactly at a step.
    for (let time = layout.start; time <= layout.end; time += 13 * 60_000) {
      expect(lastStepAt(layout, every, time)).toBe(all.findLast((step) => step <= time) ?? layout.sessionStart);
      expect(stepsAfter(layout, every, time).next().value?.time).toBe(all.find((step) => step > time));
    }
  }
});

test.each([
  ['1m', '1m'],
  ['7m', '7m'],
  ['60m', '1h'],
  ['day', '1d'],
  ['1d', '1d'],
])('a session of 1m bars can be followed at %s, which is %s', (every, name) => {
  expect(stepInterval(every, parseInterval('1m')).name).toBe(name);
});

test.each([
  ['0m', '1m'],
  ['minute', '1m'],
  ['', '1m'],
  ['1m', '5m'],
  ['7m', '5m'],
])('the interval %j is refused for a session of %s bars', (every, base) => {
  expect(() => stepInterval(every, parseInterval(base))).toThrow(StepIntervalError);
});
