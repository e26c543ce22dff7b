/** I6 is an invariant of docs/ARCHITECTURE.md. */
import { bitmapOf, pictureOf, randomBitmap } from '../../../test/support/data/bitmaps.js';
import { seeded } from '../../../test/support/data/seeded.js';
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

const MISSING = 0;
/** The state of an absent slot: its number of asks, which are requests that were answered without its bar. */
const absentAfter = (asks: number) => asks;
const ASKS_TO_SETTLE = 5;

/** What {@link emptyRuns} must return, by a regular expression over a picture. @param firstSlot the slot of its first character */
const runsOf = (picture: string, firstSlot: number): SlotRange[] =>
  [...picture.matchAll(/\.+/g)].map(({ index, 0: run }) => {
    const start = firstSlot + index;
    return { start, end: start + run.length };
  });

describe('the search for empty runs', () => {
  it('finds in random ranges of random bitmaps what a check of every slot finds', () => {
    const random = seeded(3);
    for (let round = 0; round < 500; round++) {
      const slots = random.int(1, 200);
      const bitmap = randomBitmap(slots, random);
      const from = random.int(0, slots);
      const to = random.int(from, slots + 1);
      expect(emptyRuns(bitmap, from, to)).toEqual(runsOf(pictureOf(bitmap, from, to), from));
    }
  });

  it('finds none in a full day and in an empty range, and one in an empty day', () => {
    const [fullDay, emptyDay] = ['#', '.'].map((mark) => bitmapOf(mark.repeat(390)));
    expect(emptyRuns(fullDay!, 0, 390)).toEqual([]);
    expect(emptyRuns(emptyDay!, 0, 0)).toEqual([]);
    expect(emptyRuns(emptyDay!, 0, 390)).toEqual([{ start: 0, end: 390 }]);
  });

  it('never counts the padding of the bitmap', () => {
    expect(emptyRuns(bitmapOf('####'), 0, 4)).toEqual([]);
  });
});

describe('gapsOf and summarizeGaps', () => {
  const bitmap = bitmapOf('#....#..##.');
  const states = new Uint8Array(11).fill(MISSING);
  states.set([absentAfter(2), absentAfter(2), absentAfter(3), BACKFILLED, UNFILLABLE, UNFILLABLE], 2); // slots 2 to 7
  states[10] = NO_TRADE;
  const gapsIn = (from: number, to: number, dayStates = states) => gapsOf(bitmap, dayStates, from, to, ASKS_TO_SETTLE);

  it('a stretch of empty slots is split into gaps where the state changes', () => {
    expect(gapsIn(0, 11)).toEqual([
      { start: 1, end: 2, status: 'missing', attempts: 0 },
      { start: 2, end: 4, status: 'absent', attempts: 2 },
      { start: 4, end: 5, status: 'absent', attempts: 3 },
      { start: 6, end: 8, status: 'unfillable', attempts: ASKS_TO_SETTLE },
    ]);
  });

  it('a no-trade slot is in no gap', () => {
    expect(gapsIn(10, 11)).toEqual([]);
  });

  it('a day without states has missing gaps, which are cut at the ends of the range', () => {
    expect(gapsOf(bitmap, undefined, 2, 7, ASKS_TO_SETTLE)).toEqual([
      { start: 2, end: 5, status: 'missing', attempts: 0 },
      { start: 6, end: 7, status: 'missing', attempts: 0 },
    ]);
  });

  it('in a session without a repository gaps are absent with 0 attempts', () => {
    const unasked = new Uint8Array(11).fill(ABSENT_UNASKED);
    expect(gapsIn(6, 8, unasked)).toEqual([{ start: 6, end: 8, status: 'absent', attempts: 0 }]);
  });

  it('a summary has the number of gaps and the length of the largest', () => {
    expect(summarizeGaps(gapsIn(0, 11))).toEqual({ gapCount: 4, largestGap: 2 });
    expect(summarizeGaps([])).toEqual({ gapCount: 0, largestGap: 0 });
  });
});

describe('stateAfterAsk', () => {
  const [notConfirmed, noTradeConfirmed] = [false, true]; // by a complete dataset
  const nextState = (state: number, asksToSettle = ASKS_TO_SETTLE) => stateAfterAsk(state, asksToSettle, notConfirmed);

  it('I6 a slot is absent after its first ask, and unfillable after as many as settle it', () => {
    const states = [MISSING];
    for (let ask = 1; ask <= 6; ask++) states.push(nextState(states.at(-1)!));
    expect(states).toEqual([
      MISSING,
      absentAfter(1),
      absentAfter(2),
      absentAfter(3),
      absentAfter(4),
      UNFILLABLE,
      UNFILLABLE,
    ]);
    expect(states.map(statusOf)).toEqual(['missing', ...Array(4).fill('absent'), 'unfillable', 'unfillable']);
  });

  it('a slot is unfillable after its first ask when the session never retries', () => {
    const asksToSettle = 1;
    expect(nextState(MISSING, asksToSettle)).toBe(UNFILLABLE);
  });

  it('a slot becomes no-trade when a complete dataset has no bar, whatever its state was', () => {
    for (const state of [MISSING, absentAfter(3), UNFILLABLE, NO_TRADE, ABSENT_UNASKED]) {
      expect(stateAfterAsk(state, ASKS_TO_SETTLE, noTradeConfirmed)).toBe(NO_TRADE);
    }
  });

  it('a settled slot keeps its state', () => {
    expect([UNFILLABLE, NO_TRADE].map((state) => nextState(state))).toEqual([UNFILLABLE, NO_TRADE]);
  });

  it('the count begins at 1 when the session had no repository before, or when a backfilled bar was lost', () => {
    expect([ABSENT_UNASKED, BACKFILLED].map((state) => nextState(state))).toEqual([absentAfter(1), absentAfter(1)]);
  });

  it('the count stops at its maximum, because larger numbers are codes', () => {
    const asksToSettle = 1_000;
    expect(nextState(ASKS_MAX, asksToSettle)).toBe(ASKS_MAX);
    expect(statusOf(ASKS_MAX)).toBe('absent');
  });
});
