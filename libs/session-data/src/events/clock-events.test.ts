import { parseSessionSpec } from '@barkeep/bars';
import { eventNumber, placesFrom, type ClockPlace } from './clock-events.js';
import { SessionLayout } from '../layout/index.js';

const SPEC = { symbols: ['A'], start: '2013-10-07', end: '2013-10-08', source: { type: 'dataset', dataset: 'd' } };
const layoutOf = (change: object = {}) =>
  new SessionLayout('s', '00000000-0000-4000-8000-000000000000', parseSessionSpec({ ...SPEC, ...change }), 'p', 0);

const show = ({ type, time }: ClockPlace) => `${new Date(time).toISOString().slice(5, 16)} ${type}`;
const places = (layout: SessionLayout, clock: number, stops: 'slots' | 'windows', limit = layout.end) => [
  ...placesFrom(layout, clock, limit, stops),
];

describe('the places that a clock passes', () => {
  it('are the open, the last bar and the close of each day when it stops at whole days only', () => {
    const layout = layoutOf();
    expect(places(layout, layout.start, 'windows').map(show)).toEqual([
      '10-07T13:30 day-opened',
      '10-07T19:59 day-closing',
      '10-07T20:00 clock',
      '10-07T20:00 day-closed',
      '10-08T13:30 clock',
      '10-08T13:30 day-opened',
      '10-08T19:59 day-closing',
      '10-08T20:00 clock',
      '10-08T20:00 day-closed',
    ]);
  });

  it('are also the close of every bar when it stops at each bar', () => {
    const layout = layoutOf();
    const found = places(layout, layout.start, 'slots');
    // Two days of 390 bars; the other three events of each day; and the `clock` event at the second open.
    expect(found).toHaveLength(2 * 390 + 2 * 3 + 1);
    expect(found.flatMap(({ dayIndex, slot }) => (dayIndex === 1 && slot !== undefined ? [slot] : []))).toEqual(
      Array.from({ length: 390 }, (_, slot) => slot),
    );
  });

  it('end at the limit, and include a place exactly there', () => {
    const layout = layoutOf();
    const { close } = layout.grid(0);
    expect(places(layout, layout.start, 'slots', close).at(-1)).toMatchObject({ type: 'day-closed', time: close });
    expect(places(layout, layout.start, 'slots', close - 1).at(-1)).toMatchObject({ type: 'day-closing' });
  });

  it.each([
    ['XNYS', 'slots'],
    ['XHKG', 'slots'],
    ['XHKG', 'windows'],
    ['CMES', 'windows'],
    ['24/7', 'slots'],
  ] as const)(
    'from any place on, the later places are the same and in the order of their numbers: %s by %s',
    (calendar, stops) => {
      const layout = layoutOf({ calendar, upkeep: { barrier: { minutes: 50 } } });
      const all = emittedOf(places(layout, layout.start, stops));
      const numbers = all.map(eventNumber);
      for (const [i, { time }] of all.entries()) {
        const rest = emittedOf(places(layout, time, stops)).filter((place) => eventNumber(place) > numbers[i]!);
        // Compares texts, because a day has 1,440 places, and comparing them as objects takes minutes.
        expect(JSON.stringify(rest)).toBe(JSON.stringify(all.slice(i + 1)));
      }
    },
  );

  it('on a calendar that never closes are each there once, with the end of a day before the start of the next day', () => {
    const layout = layoutOf({ calendar: '24/7' });
    expect(
      emittedOf(places(layout, layout.start, 'windows'))
        .map(show)
        .slice(1, 6),
    ).toEqual([
      '10-07T23:59 day-closing',
      '10-08T00:00 clock',
      '10-08T00:00 day-closed',
      '10-08T00:00 day-opened',
      '10-08T23:59 day-closing',
    ]);
  });
});

/** The events that the store would emit: those whose number is larger than all earlier numbers. */
function emittedOf(found: readonly ClockPlace[]): ClockPlace[] {
  let last = -1;
  return found.filter((place) => {
    const isNew = eventNumber(place) > last;
    last = Math.max(last, eventNumber(place));
    return isNew;
  });
}
