import { parseSessionSpec } from '@barkeep/bars';
import { SessionLayout } from '@barkeep/session-data';
import { slotClock, slotOpens } from './slot-clock.js';

/** Two days; the second one closes early. */
const layout = new SessionLayout(
  's',
  'i',
  parseSessionSpec({
    symbols: ['A'],
    start: '2013-11-27',
    end: '2013-11-29',
    derivedIntervals: ['15m'],
    source: { type: 'dataset', dataset: 'd' },
  }),
  'p',
  0,
);

test.each([layout.base, ...layout.derived])('exactly the closed slots of $name open before the limit', (interval) => {
  const clock = slotClock(layout, interval);
  expect(slotClock(layout, interval)).toBe(clock);
  const slots = layout.days.flatMap((_day, day) => {
    const grid = layout.grid(day, interval);
    return Array.from(
      { length: grid.slotCount },
      (_slot, slot) => [grid.openTime(slot), grid.closeTime(slot)] as const,
    );
  });
  const times = slots.flatMap(([open, close]) => [open - 1, open, open + 1, close - 1, close, close + 1]);
  for (const time of [...times, ...times.reverse()]) {
    const limit = clock.openLimit(time);
    const closed = slots.filter(([, close]) => close <= time);
    expect(slots.filter(([open]) => open < limit)).toEqual(closed);
  }
  for (const [open, close] of [...slots, ...slots.reverse()]) expect(clock.closeTime(open)).toBe(close);
});

test('the open times of a day are those of its grid', () => {
  const grid = layout.grid(1);
  expect([...slotOpens(grid)]).toEqual(Array.from({ length: grid.slotCount }, (_, slot) => grid.openTime(slot)));
  expect(slotOpens(grid)).toBe(slotOpens(grid));
});
