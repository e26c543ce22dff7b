/** I6 is an invariant of docs/ARCHITECTURE.md. */
import { bitmapOf } from '../../../test/support/data/bitmaps.js';
import { seeded } from '../../../test/support/data/seeded.js';
import { ABSENT_UNASKED, BACKFILLED, NO_TRADE, UNFILLABLE } from './gaps.js';
import { addDayCounts, barQuality, noCounts, percentText, type SlotCounts } from './quality.js';

/** The count of an empty slot by its state. States 1 and 4 are numbers of requests that were answered without the bar. */
const COUNT_OF_EMPTY: Record<number, keyof SlotCounts> = {
  0: 'missing',
  1: 'absent',
  4: 'absent',
  [ABSENT_UNASKED]: 'absent',
  [UNFILLABLE]: 'unfillable',
  [NO_TRADE]: 'noTrade',
};
const EMPTY_STATES = Object.keys(COUNT_OF_EMPTY).map(Number);
const countOfFilled = (state: number) => (state === BACKFILLED ? 'backfilled' : 'streamed');

describe('bar quality', () => {
  it('I6 every expected slot is in exactly one count, for random bitmaps and states', () => {
    const random = seeded(5);
    for (let round = 0; round < 200; round++) {
      const slots = random.int(1, 400);
      const expected = random.int(0, slots + 1); // only so many slots count
      const states = new Uint8Array(slots);
      const plain = { ...noCounts(), expected };
      let picture = '';
      for (let slot = 0; slot < slots; slot++) {
        const isFilled = random.chance(0.8);
        const state = isFilled ? random.pick([0, 0, BACKFILLED]) : random.pick(EMPTY_STATES);
        picture += isFilled ? '#' : '.';
        states[slot] = state;
        if (slot >= expected) continue;
        if (isFilled) plain.filled++;
        plain[isFilled ? countOfFilled(state) : COUNT_OF_EMPTY[state]!]++;
      }
      const counts = addDayCounts(noCounts(), bitmapOf(picture), states, expected);
      expect(counts).toEqual(plain);
      const { streamed, backfilled, noTrade, unfillable, absent, missing } = counts;
      expect(streamed + backfilled + noTrade + unfillable + absent + missing).toBe(counts.expected);
      expect(streamed + backfilled).toBe(counts.filled);
    }
  });

  it('in a day without states every bar counts as streamed and every empty slot as missing', () => {
    const counts = addDayCounts(noCounts(), bitmapOf('###.#####'), undefined, 9);
    expect(counts).toEqual({ ...noCounts(), expected: 9, filled: 8, streamed: 8, missing: 1 });
  });

  it('the counts of two days add up', () => {
    const addDay = (counts: SlotCounts) => addDayCounts(counts, bitmapOf('####....'), undefined, 8);
    const once = addDay(noCounts());
    const twice = addDay(addDay(noCounts()));
    expect(once).toMatchObject({ expected: 8, filled: 4, streamed: 4, missing: 4 });
    expect(twice).toMatchObject({ expected: 16, filled: 8, streamed: 8, missing: 8 });
  });

  it.each([
    [2_338, 2_340, 0, (2_338 / 2_340) * 100],
    [0, 390, 0, 0],
    [390, 390, 0, 100],
    [377, 390, 13, 100],
    [376, 390, 13, (376 / 377) * 100],
    [0, 390, 390, 100],
    [0, 0, 0, 100],
  ])('%d of %d with %d no-trade slots is %d %%', (filled, expected, noTrade, quality) => {
    expect(barQuality({ filled, expected, noTrade })).toBe(quality);
  });

  it.each([
    [100, '100.00 %'],
    [(1_949 / 1_950) * 100, '99.94 %'],
    [99.999_999_999_999, '99.99 %'],
    [0.29, '0.29 %'],
    [0, '0.00 %'],
    [(2 / 3) * 100, '66.66 %'],
  ])('%d is shown as %s: rounded down, so that nothing less is shown as 100 %%', (percent, text) => {
    expect(percentText(percent)).toBe(text);
  });
});
