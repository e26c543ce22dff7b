import { seeded } from '../../../test/support/data/seeded.js';
import {
  fewestAsks,
  firstMissing,
  planFill,
  retryAt,
  slotsToAsk,
  type DatasetAnswer,
  type FillInput,
} from './backfill.js';
import type { Bar } from './bar.js';
import { calendarNamed } from './calendar/index.js';
import { DayChunk, RECORD_BYTES, recordOffset } from './chunk.js';
import { ABSENT_UNASKED, BACKFILLED, NO_TRADE, statusOf, UNFILLABLE, type SlotRange } from './gaps.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, parseInterval('1m'));
/** A bar whose volume is the number of its slot. */
const barAt = (slot: number, close = 10): Bar => ({
  openTime: grid.openTime(slot),
  open: 10,
  high: 20,
  low: 5,
  close,
  volume: slot,
});

/** A day with a bar in every slot except the `empty` ones. */
function dayWithout(empty: readonly number[]): DayChunk {
  const chunk = new DayChunk(grid.slotCount);
  for (let slot = 0; slot < grid.slotCount; slot++) {
    if (!empty.includes(slot)) chunk.writeBar(slot, barAt(slot), 'streamed', 0);
  }
  return chunk;
}

/** Plans a day in which these slots are empty and are all requested, unless `change` says otherwise. */
function fill(empty: readonly number[], change: Partial<FillInput> = {}) {
  const { bitmap } = dayWithout(empty);
  const asked = slotsToAsk(bitmap, undefined, grid.slotCount, 'all');
  return planFill({ grid, states: undefined, asked, answers: [], complete: false, asksToSettle: 5, ...change });
}

/** The bars that a plan writes, by slot. */
function writtenBars(runs: readonly { start: number; records: Uint8Array }[]) {
  const chunk = new DayChunk(grid.slotCount);
  const slots: number[] = [];
  for (const { start, records } of runs) {
    chunk.bytes.set(records, recordOffset(grid.slotCount, start));
    for (let slot = start; slot < start + records.length / RECORD_BYTES; slot++) slots.push(slot);
  }
  for (const slot of slots) chunk.bitmap[slot >> 3]! |= 0x80 >> (slot & 7);
  return new Map(slots.map((slot) => [slot, chunk.bar(slot, grid)!]));
}
const answer = (dataset: number, ...bars: Bar[]): DatasetAnswer => ({ dataset, bars });

describe('the slots to request', () => {
  const { bitmap } = dayWithout([3, 4, 5, 6, 7, 8, 200, 389]);
  const states = new Uint8Array(grid.slotCount);
  // Slot 3 is missing, and these are slots 4 to 8. The empty slots 200 and 389 are missing.
  states.set([2, NO_TRADE, UNFILLABLE, ABSENT_UNASKED, 1], 4);
  const run = (start: number, end = start + 1): SlotRange => ({ start, end });

  it('missing: the slots that were not requested yet', () => {
    expect(slotsToAsk(bitmap, states, 390, 'missing')).toEqual([run(3), run(200), run(389)]);
  });
  it('due: the absent slots too, but no settled ones', () => {
    expect(slotsToAsk(bitmap, states, 390, 'due')).toEqual([run(3, 5), run(7, 9), run(200), run(389)]);
  });
  it('all: every empty slot', () => {
    expect(slotsToAsk(bitmap, states, 390, 'all')).toEqual([run(3, 9), run(200), run(389)]);
  });
  it('without states all modes are the same', () => {
    for (const mode of ['missing', 'due', 'all'] as const) {
      expect(slotsToAsk(bitmap, undefined, 390, mode)).toEqual([run(3, 9), run(200), run(389)]);
    }
  });
  it('slots that are not closed are never requested', () => {
    expect(slotsToAsk(bitmap, states, 5, 'due')).toEqual([run(3, 5)]);
    expect(slotsToAsk(bitmap, states, 0, 'all')).toEqual([]);
  });
  it('the first missing slot is the number of closed slots when no closed slot is missing', () => {
    expect(firstMissing(bitmap, states, 390)).toBe(3);
    expect(firstMissing(dayWithout([4]).bitmap, states, 390)).toBe(390); // slot 4 is absent
    expect(firstMissing(bitmap, states, 3)).toBe(3);
  });
});

describe('the requested slots after the answers', () => {
  it('the best dataset that has a bar fills its slot, and the next datasets fill the other slots', () => {
    const { runs, filled, absent, statesAfter } = fill([10, 11, 12, 50], {
      answers: [answer(2, barAt(11, 6)), answer(1, barAt(10, 7), barAt(11, 7), barAt(12, 7))],
    });
    expect(runs.map(({ start, records }) => [start, records.length / RECORD_BYTES])).toEqual([[10, 3]]);
    expect([...writtenBars(runs).values()].map(({ close, dataset, origin }) => [close, dataset, origin])).toEqual([
      [7, 1, 'backfilled'],
      [6, 2, 'backfilled'],
      [7, 1, 'backfilled'],
    ]);
    expect({ filled, absent }).toEqual({ filled: 3, absent: 1 });
    expect([...statesAfter.subarray(10, 13)]).toEqual([BACKFILLED, BACKFILLED, BACKFILLED]);
    expect(statesAfter[50]).toBe(1); // one ask
  });

  it('I4 a bar for a slot that was not requested is ignored, so that no streamed bar is overwritten', () => {
    const { runs, statesAfter } = fill([10], { answers: [answer(1, barAt(9), barAt(10), barAt(11))] });
    expect([...writtenBars(runs).keys()]).toEqual([10]);
    expect([statesAfter[9], statesAfter[11]]).toEqual([0, 0]); // unchanged
  });

  it('I7 bars off the grid and outside the calendar are refused and counted, and the valid ones kept', () => {
    const offGrid = { ...barAt(10), openTime: grid.openTime(10) + 1 };
    const outside = { ...barAt(10), openTime: grid.close };
    const answers = [answer(1, offGrid, outside, barAt(11)), answer(2, offGrid)];
    const { runs, filled, refused } = fill([10, 11], { answers });
    expect([...writtenBars(runs).keys()]).toEqual([11]);
    expect(filled).toBe(1);
    expect(refused.map(({ dataset, reason }) => [dataset, reason])).toEqual([
      [1, 'off-grid'],
      [1, 'outside-calendar'],
      [2, 'off-grid'],
    ]);
  });

  it('I12 a repository that failed changes only slots whose bar a better repository returned', () => {
    const states = new Uint8Array(grid.slotCount);
    states[11] = 2;
    const { statesAfter, filled } = fill([10, 11, 12], { states, answers: [answer(1, barAt(10))], isPartial: true });
    expect(filled).toBe(1);
    expect([...statesAfter.subarray(10, 13)]).toEqual([BACKFILLED, 2, 0]);
  });

  it('I6 an answer without the bar makes its slot absent, and the n-th such answer unfillable', () => {
    let states: Uint8Array | undefined;
    const outcomes: string[] = []; // the slot's status and the number of absent slots, after each answer
    for (let ask = 0; ask < 6; ask++) {
      const plan = fill([10], { states, answers: [answer(1)], asksToSettle: 3 });
      states = plan.statesAfter;
      outcomes.push(`${statusOf(states[10]!)} ${plan.absent}`);
    }
    expect(outcomes).toEqual(['absent 1', 'absent 1', ...Array<string>(4).fill('unfillable 0')]);
  });

  it('an absent slot is still due for a retry when only later slots were requested', () => {
    const states = new Uint8Array(grid.slotCount);
    states[10] = 2;
    const asked = [{ start: 50, end: 51 }];
    const { absent, filled } = fill([10, 50], { states, asked, answers: [answer(1, barAt(50))] });
    expect({ filled, absent }).toEqual({ filled: 1, absent: 1 });
  });

  it('a dataset that is complete settles what it does not have as no-trade, also without an answer', () => {
    const plan = fill([10, 11], { answers: [answer(1, barAt(11))], complete: true });
    expect([plan.statesAfter[10], plan.statesAfter[11], plan.absent]).toEqual([NO_TRADE, BACKFILLED, 0]);
    expect(fill([10], { complete: true }).statesAfter[10]).toBe(NO_TRADE);
  });

  it('without a repository gaps are only detected: their slots are absent and not due for a retry', () => {
    const plan = fill([10, 11]);
    expect([plan.statesAfter[10], plan.statesAfter[11]]).toEqual([ABSENT_UNASKED, ABSENT_UNASKED]);
    expect(plan).toMatchObject({ absent: 0, filled: 0, runs: [] });
  });

  it('the plan counts the slots that the answers settled, and not those that were settled before', () => {
    const states = new Uint8Array(grid.slotCount);
    states.set([2, UNFILLABLE, NO_TRADE, 0], 10); // slots 10 to 13; slot 13 gets its bar
    const options = { states, answers: [answer(1, barAt(13))], asksToSettle: 3 };
    expect(fill([10, 11, 12, 13], options).settled).toEqual({ noTrade: 0, unfillable: 1 });
    expect(fill([10, 11, 12, 13], { ...options, complete: true }).settled).toEqual({ noTrade: 2, unfillable: 0 });
  });

  it('a bar that appears later fills its unfillable slot', () => {
    const states = new Uint8Array(grid.slotCount);
    states[10] = UNFILLABLE;
    expect(fill([10], { states, answers: [answer(1, barAt(10))] }).statesAfter[10]).toBe(BACKFILLED);
  });

  it('the states of the caller are not changed in place', () => {
    const states = new Uint8Array(grid.slotCount).fill(1);
    const before = Uint8Array.from(states);
    fill([10], { states, answers: [answer(1, barAt(10))] });
    expect(states).toEqual(before);
  });

  it('random days and answers: the first answer with a bar fills its slot, a slot without a bar gets one ask, and other slots stay', () => {
    const random = seeded(12);
    for (let round = 0; round < 60; round++) {
      const slots = Array.from({ length: grid.slotCount }, (_, slot) => slot);
      const share = random.next();
      const empty = slots.filter(() => random.chance(share));
      const answers = [3, 1, 2]
        .slice(random.int(0, 3))
        .map((dataset) =>
          answer(dataset, ...slots.filter(() => random.chance(0.5)).map((slot) => barAt(slot, 5 + dataset))),
        );
      const { statesAfter, runs, filled, absent } = fill(empty, { answers });
      const found = writtenBars(runs);
      // `barAt` gives the slot's number as volume.
      const wrong = slots.filter((slot) => {
        const best = empty.includes(slot)
          ? answers.find(({ bars }) => bars.some((bar) => bar.volume === slot))
          : undefined;
        const withoutBar = empty.includes(slot) ? 1 : 0; // one ask of a requested slot
        const expected = best ? BACKFILLED : withoutBar;
        return statesAfter[slot] !== expected || found.get(slot)?.dataset !== best?.dataset;
      });
      expect(wrong).toEqual([]);
      expect({ filled, absent }).toEqual({ filled: found.size, absent: empty.length - found.size });
    }
  });
});

describe('requesting absent bars again', () => {
  it('is delayed twice as long with each ask after the first, up to 19 doublings', () => {
    const [now, backoffMs] = [1_000, 100];
    const retries = [0, 1, 2, 3, 4].map((asks) => retryAt(now, asks, backoffMs));
    expect(retries).toEqual([1_100, 1_100, 1_200, 1_400, 1_800]);
    expect(retryAt(0, 1_000, 1)).toBe(2 ** 19);
  });

  it('depends on the absent slot with the fewest asks, not on settled, filled or unrequested slots', () => {
    expect(fewestAsks(Uint8Array.from([0, 3, 2, BACKFILLED, UNFILLABLE, NO_TRADE, ABSENT_UNASKED]))).toBe(2);
    expect(fewestAsks(Uint8Array.from([0, BACKFILLED, UNFILLABLE, NO_TRADE, ABSENT_UNASKED]))).toBe(0);
  });
});
