import { parseSessionSpec } from '@barkeep/bars';
import { eventNumber, placesFrom, type ClockPlace } from './clock-events.js';
import { SessionLayout } from '../layout/index.js';

const SPEC = { symbols: ['A'], start: '2013-10-07', end: '2013-10-08', source: { type: 'dataset', dataset: 'd' } };
function layoutOf(change: object = {}): SessionLayout {
  const spec = parseSessionSpec({ ...SPEC, ...change });
  return new SessionLayout({ id: 'session', incarnation: 'incarnation', spec, keyPrefix: 'prefix', historyDays: 0 });
}

type Stops = Parameters<typeof placesFrom>[3];
const placesOf = (layout: SessionLayout, stops: Stops, from = layout.start, limit = layout.end) => [
  ...placesFrom(layout, from, limit, stops),
];
/** A place as `MM-DDTHH:MM TYPE`, in UTC. */
const textOf = ({ type, time }: ClockPlace) => `${new Date(time).toISOString().slice(5, 16)} ${type}`;

/** The events that the store would emit: those whose number is larger than all earlier numbers. */
function emittedOf(places: readonly ClockPlace[]): ClockPlace[] {
  let last = -1;
  return places.filter((place) => {
    const isNew = eventNumber(place) > last;
    last = Math.max(last, eventNumber(place));
    return isNew;
  });
}

describe('the places that a clock passes', () => {
  it('a clock that stops at whole days passes the open, the last bar and the close of each day', () => {
    expect(placesOf(layoutOf(), 'windows').map(textOf)).toEqual([
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

  it('a clock that stops at each bar also passes the close of every bar', () => {
    const places = placesOf(layoutOf(), 'slots');
    // Two days of 390 bars; the other three events of each day; and the `clock` event at the second open.
    expect(places).toHaveLength(2 * 390 + 2 * 3 + 1);
    const slotsOfSecondDay = places.flatMap(({ dayIndex, slot }) =>
      dayIndex === 1 && slot !== undefined ? [slot] : [],
    );
    expect(slotsOfSecondDay).toEqual(Array.from({ length: 390 }, (_, slot) => slot));
  });

  it('the last place is at the limit or before it', () => {
    const layout = layoutOf();
    const { close } = layout.grid(0);
    const lastUpTo = (limit: number) => placesOf(layout, 'slots', layout.start, limit).at(-1);
    expect(lastUpTo(close)).toMatchObject({ type: 'day-closed', time: close });
    expect(lastUpTo(close - 1)).toMatchObject({ type: 'day-closing' });
  });

  it.each([
    ['XNYS', 'slots'],
    ['XHKG', 'slots'],
    ['XHKG', 'windows'],
    ['CMES', 'windows'],
    ['24/7', 'slots'],
  ] as const)(
    'from any place on the later places are the same, in the order of their numbers: %s by %s',
    (calendar, stops) => {
      const layout = layoutOf({ calendar, upkeep: { barrier: { minutes: 50 } } });
      const all = emittedOf(placesOf(layout, stops));
      for (const [i, place] of all.entries()) {
        const fromThere = emittedOf(placesOf(layout, stops, place.time));
        const number = eventNumber(place);
        const later = fromThere.filter((other) => eventNumber(other) > number);
        // Compares texts, because a day has 1,440 places, and comparing them as objects takes minutes.
        expect(JSON.stringify(later)).toBe(JSON.stringify(all.slice(i + 1)));
      }
    },
  );

  it('on a calendar that never closes each place comes once, the end of a day before the start of the next day', () => {
    const emitted = emittedOf(placesOf(layoutOf({ calendar: '24/7' }), 'windows'));
    expect(emitted.map(textOf).slice(1, 6)).toEqual([
      '10-07T23:59 day-closing',
      '10-08T00:00 clock',
      '10-08T00:00 day-closed',
      '10-08T00:00 day-opened',
      '10-08T23:59 day-closing',
    ]);
  });
});
