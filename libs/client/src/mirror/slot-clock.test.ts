/** A slot clock knows the close times of an interval's slots, and which slots are closed at a time: those that open before `openLimit`. */
import type { Interval } from '@barkeep/bars';
import { layoutOf } from '../../../../test/support/sessions/session-layout.js';
import { slotClock, slotOpens } from './slot-clock.js';

/** Two trading days: 28 November is Thanksgiving, and the 29th closes early. */
const layout = layoutOf({ start: '2013-11-27', end: '2013-11-29', derivedIntervals: ['15m'] });

/** Open and close time of each slot of all days. */
function slotsOf(interval: Interval): (readonly [open: number, close: number])[] {
  return layout.days.flatMap((_day, day) => {
    const grid = layout.grid(day, interval);
    return Array.from({ length: grid.slotCount }, (_, slot) => [grid.openTime(slot), grid.closeTime(slot)] as const);
  });
}

test('callers share one SlotClock of an interval', () => {
  expect(slotClock(layout, layout.base)).toBe(slotClock(layout, layout.base));
});

test.each([layout.base, ...layout.derived])(
  'openLimit(time) divides the slots of $name into those that are closed at the time and the others',
  (interval) => {
    const clock = slotClock(layout, interval);
    const slots = slotsOf(interval);
    const times = slots.flatMap(([open, close]) => [open - 1, open, open + 1, close - 1, close, close + 1]);
    // Forward and back, as the clock caches its last result.
    for (const time of [...times, ...times.toReversed()]) {
      const limit = clock.openLimit(time);
      const closed = slots.filter(([, close]) => close <= time);
      expect(slots.filter(([open]) => open < limit)).toEqual(closed);
    }
  },
);

test.each([layout.base, ...layout.derived])(
  'the close time of a slot of $name is found by its open time',
  (interval) => {
    const clock = slotClock(layout, interval);
    const slots = slotsOf(interval);
    for (const [open, close] of [...slots, ...slots.toReversed()]) expect(clock.closeTime(open)).toBe(close);
  },
);

test('the open times of a day are those of its grid, and callers share them', () => {
  const grid = layout.grid(1);
  expect([...slotOpens(grid)]).toEqual(Array.from({ length: grid.slotCount }, (_, slot) => grid.openTime(slot)));
  expect(slotOpens(grid)).toBe(slotOpens(grid));
});
