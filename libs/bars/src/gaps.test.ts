import { seeded } from '../../../test/support/data/seeded.js';
import { bitmapBytes, hasBit } from './chunk.js';
import {
  ABSENT_UNASKED,
  ASKS_MAX,
  BACKFILLED,
  emptyRuns,
  gapsOf,
  NO_TRADE,
  stateAfterAsk,
  statusOf,
  summarizeGaps,
  UNFILLABLE,
  type SlotRange,
} from './gaps.js';

/** The bitmap of a picture, in which `#` is a filled slot and any other character an empty one. */
function bitmapOf(picture: string): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(picture.length));
  picture.split('').forEach((mark, slot) => {
    if (mark === '#') bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  });
  return bitmap;
}

/** Slots `[from, to)` of a bitmap as a picture: `#` filled, `.` empty. */
const picture = (bitmap: Uint8Array, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => (hasBit(bitmap, from + i) ? '#' : '.')).join('');

/** The same as {@link emptyRuns}, by a regular expression over a picture. @param from the slot of its first character */
const runsOf = (text: string, from: number): SlotRange[] =>
  [...text.matchAll(/\.+/g)].map(({ index, 0: run }) => ({ start: from + index, end: from + index + run.length }));

describe('empty runs', () => {
  it('random ranges of random bitmaps have the runs that a check of every slot finds', () => {
    const random = seeded(3);
    for (let round = 0; round < 500; round++) {
      const slots = random.int(1, 200);
      const bitmap = new Uint8Array(bitmapBytes(slots));
      for (let byte = 0; byte < bitmap.length; byte++) bitmap[byte] = random.pick([0, 0xff, 0xff, random.int(0, 256)]);
      const from = random.int(0, slots);
      const to = random.int(from, slots + 1);
      expect(emptyRuns(bitmap, from, to)).toEqual(runsOf(picture(bitmap, from, to), from));
    }
  });

  it('a full day and an empty range have no run, and an empty day has one', () => {
    expect(emptyRuns(bitmapOf('#'.repeat(390)), 0, 390)).toEqual([]);
    expect(emptyRuns(new Uint8Array(8), 0, 0)).toEqual([]);
    expect(emptyRuns(new Uint8Array(bitmapBytes(390)), 0, 390)).toEqual([{ start: 0, end: 390 }]);
  });

  it('the padding of the bitmap is never part of a run', () => {
    expect(emptyRuns(bitmapOf('####'), 0, 4)).toEqual([]);
  });
});

describe('gaps', () => {
  const bitmap = bitmapOf('#....#..##.');
  const states = Uint8Array.from([0, 0, 2, 2, 3, BACKFILLED, UNFILLABLE, UNFILLABLE, 0, 0, NO_TRADE]);

  it('are split where the state changes', () => {
    expect(gapsOf(bitmap, states, 0, 11, 5)).toEqual([
      { start: 1, end: 2, status: 'missing', attempts: 0 },
      { start: 2, end: 4, status: 'absent', attempts: 2 },
      { start: 4, end: 5, status: 'absent', attempts: 3 },
      { start: 6, end: 8, status: 'unfillable', attempts: 5 },
    ]);
  });

  it('do not include no-trade slots', () => {
    expect(gapsOf(bitmap, states, 10, 11, 5)).toEqual([]);
  });

  it('are missing when the day has no states, and are cut at the ends of the range', () => {
    expect(gapsOf(bitmap, undefined, 2, 7, 5)).toEqual([
      { start: 2, end: 5, status: 'missing', attempts: 0 },
      { start: 6, end: 7, status: 'missing', attempts: 0 },
    ]);
  });

  it('are absent with 0 attempts in a session without a repository', () => {
    const unasked = new Uint8Array(11).fill(ABSENT_UNASKED);
    expect(gapsOf(bitmap, unasked, 6, 8, 5)).toEqual([{ start: 6, end: 8, status: 'absent', attempts: 0 }]);
  });

  it('are summarized by their number and the length of the largest', () => {
    expect(summarizeGaps(gapsOf(bitmap, states, 0, 11, 5))).toEqual({ gapCount: 4, largestGap: 2 });
    expect(summarizeGaps([])).toEqual({ gapCount: 0, largestGap: 0 });
  });
});

describe('the next state of an empty slot', () => {
  it('I6 is absent after an ask, and unfillable after the n-th one', () => {
    const states = [0];
    for (let ask = 0; ask < 6; ask++) states.push(stateAfterAsk(states.at(-1)!, 5, false));
    expect(states.map(statusOf)).toEqual(['missing', ...Array(4).fill('absent'), 'unfillable', 'unfillable']);
    expect(states.slice(1, 5)).toEqual([1, 2, 3, 4]);
  });

  it('is unfillable after the first ask when the session never retries', () => {
    expect(stateAfterAsk(0, 1, false)).toBe(UNFILLABLE);
  });

  it('is no-trade when a complete dataset has no bar, whatever it was before', () => {
    for (const state of [0, 3, UNFILLABLE, NO_TRADE, ABSENT_UNASKED]) {
      expect(stateAfterAsk(state, 5, true)).toBe(NO_TRADE);
    }
  });

  it('stays settled once it is settled', () => {
    expect([UNFILLABLE, NO_TRADE].map((state) => stateAfterAsk(state, 5, false))).toEqual([UNFILLABLE, NO_TRADE]);
  });

  it('counts asks from 1 when the session had no repository before, and when a backfilled bar was lost', () => {
    expect([ABSENT_UNASKED, BACKFILLED].map((state) => stateAfterAsk(state, 5, false))).toEqual([1, 1]);
  });

  it('never counts so many asks that the count equals a code', () => {
    expect(stateAfterAsk(ASKS_MAX, 1_000, false)).toBe(ASKS_MAX);
    expect(statusOf(ASKS_MAX)).toBe('absent');
  });
});
