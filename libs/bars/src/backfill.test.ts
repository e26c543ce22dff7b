/** I4, I6, I7 and I12 are invariants of docs/ARCHITECTURE.md. */
import { seeded } from '../../../test/support/data/seeded.js';
import {
  fewestAsks,
  firstMissing,
  planFill,
  retryAt,
  slotsToAsk,
  type DatasetAnswer,
  type FillInput,
  type FillPlan,
} from './backfill.js';
import type { Bar, StoredBar } from './bar.js';
import { calendarNamed } from './calendar/index.js';
import { DayChunk, RECORD_BYTES, recordOffset } from './chunk.js';
import { ABSENT_UNASKED, BACKFILLED, NO_TRADE, statusOf, UNFILLABLE, type SlotRange } from './gaps.js';
import { parseInterval } from './interval.js';
import { DayGrid } from './slots.js';

const grid = new DayGrid(calendarNamed('XNYS').tradingDay('2024-11-27')!, parseInterval('1m'));
const { slotCount } = grid; // 390
const MISSING = 0;
/** The state of an absent slot: its number of asks, which are requests that were answered without its bar. */
const absentAfter = (asks: number) => asks;

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
  const chunk = new DayChunk(slotCount);
  for (let slot = 0; slot < slotCount; slot++) {
    if (!empty.includes(slot)) chunk.writeBar(slot, barAt(slot), 'streamed', 0);
  }
  return chunk;
}

/** The states of a day's slots. @param known by slot; the other slots are missing */
function statesOf(known: Record<number, number>): Uint8Array {
  const states = new Uint8Array(slotCount).fill(MISSING);
  for (const [slot, state] of Object.entries(known)) states[Number(slot)] = state;
  return states;
}

/** Plans a day in which these slots are empty and all of them were requested, unless `change` says otherwise. */
function fill(empty: readonly number[], change: Partial<FillInput> = {}) {
  const everyEmptySlot = slotsToAsk(dayWithout(empty).bitmap, undefined, slotCount, 'all');
  const input = { grid, states: undefined, asked: everyEmptySlot, answers: [], complete: false, asksToSettle: 5 };
  return planFill({ ...input, ...change });
}
const answer = (dataset: number, ...bars: Bar[]): DatasetAnswer => ({ dataset, bars });

/** The bars that a plan writes, by slot. */
function writtenBars({ runs }: FillPlan): Map<number, StoredBar> {
  const chunk = new DayChunk(slotCount);
  chunk.bitmap.fill(0xff); // every slot counts as filled; only those of the runs are read
  const written = new Map<number, StoredBar>();
  for (const { start, records } of runs) {
    chunk.bytes.set(records, recordOffset(slotCount, start));
    const end = start + records.length / RECORD_BYTES;
    for (let slot = start; slot < end; slot++) written.set(slot, chunk.bar(slot, grid)!);
  }
  return written;
}

describe('the slots to request', () => {
  const { bitmap } = dayWithout([3, 4, 5, 6, 7, 8, 200, 389]);
  const states = statesOf({ 4: absentAfter(2), 5: NO_TRADE, 6: UNFILLABLE, 7: ABSENT_UNASKED, 8: absentAfter(1) });
  const run = (start: number, end = start + 1): SlotRange => ({ start, end });

  it('in the mode `missing` are those that were not requested yet', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'missing')).toEqual([run(3), run(200), run(389)]);
  });
  it('in the mode `due` are also the absent ones, but not the settled ones', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'due')).toEqual([run(3, 5), run(7, 9), run(200), run(389)]);
  });
  it('in the mode `all` are all empty slots', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'all')).toEqual([run(3, 9), run(200), run(389)]);
  });
  it('are all empty slots in each mode when the day has no states', () => {
    for (const mode of ['missing', 'due', 'all'] as const) {
      expect(slotsToAsk(bitmap, undefined, slotCount, mode)).toEqual([run(3, 9), run(200), run(389)]);
    }
  });
  it('are never slots that are not closed', () => {
    const [closedSlots, noClosedSlots] = [5, 0];
    expect(slotsToAsk(bitmap, states, closedSlots, 'due')).toEqual([run(3, 5)]);
    expect(slotsToAsk(bitmap, states, noClosedSlots, 'all')).toEqual([]);
  });
  it('have a first missing one, or the number of closed slots in its place when none is missing', () => {
    expect(firstMissing(bitmap, states, slotCount)).toBe(3);
    const closedSlots = 3;
    expect(firstMissing(bitmap, states, closedSlots)).toBe(closedSlots);
    const onlyAbsent = dayWithout([4]).bitmap;
    expect(firstMissing(onlyAbsent, states, slotCount)).toBe(slotCount);
  });
});

describe('after the answers,', () => {
  it('the best dataset that has a bar fills its slot, and the next datasets fill the other slots', () => {
    const [best, next] = [answer(2, barAt(11, 6)), answer(1, barAt(10, 7), barAt(11, 7), barAt(12, 7))];
    const plan = fill([10, 11, 12, 50], { answers: [best, next] });
    expect(plan.runs.map(({ start, records }) => [start, records.length / RECORD_BYTES])).toEqual([[10, 3]]);
    expect([...writtenBars(plan).values()]).toMatchObject([
      { close: 7, dataset: 1, origin: 'backfilled' },
      { close: 6, dataset: 2, origin: 'backfilled' },
      { close: 7, dataset: 1, origin: 'backfilled' },
    ]);
    expect(plan).toMatchObject({ filled: 3, absent: 1 });
    expect([...plan.statesAfter.subarray(10, 13)]).toEqual([BACKFILLED, BACKFILLED, BACKFILLED]);
    expect(plan.statesAfter[50]).toBe(absentAfter(1));
  });

  it('I4 a bar for a slot that was not requested is ignored, so that no streamed bar is overwritten', () => {
    const plan = fill([10], { answers: [answer(1, barAt(9), barAt(10), barAt(11))] });
    expect([...writtenBars(plan).keys()]).toEqual([10]);
    expect([...plan.statesAfter.subarray(9, 12)]).toEqual([MISSING, BACKFILLED, MISSING]);
  });

  it('I7 bars off the grid and outside the calendar are refused and counted, and the valid ones kept', () => {
    const offGrid = { ...barAt(10), openTime: grid.openTime(10) + 1 };
    const outside = { ...barAt(10), openTime: grid.close };
    const answers = [answer(1, offGrid, outside, barAt(11)), answer(2, offGrid)];
    const plan = fill([10, 11], { answers });
    expect([...writtenBars(plan).keys()]).toEqual([11]);
    expect(plan.filled).toBe(1);
    expect(plan.refused.map(({ dataset, reason }) => [dataset, reason])).toEqual([
      [1, 'off-grid'],
      [1, 'outside-calendar'],
      [2, 'off-grid'],
    ]);
  });

  it('I12 a repository that failed changes only slots whose bar a better repository returned', () => {
    const states = statesOf({ 10: MISSING, 11: absentAfter(2), 12: MISSING });
    const plan = fill([10, 11, 12], { states, answers: [answer(1, barAt(10))], isPartial: true });
    expect(plan.filled).toBe(1);
    expect([...plan.statesAfter.subarray(10, 13)]).toEqual([BACKFILLED, absentAfter(2), MISSING]);
  });

  it('I6 an answer without the bar makes its slot absent, and the n-th such answer unfillable', () => {
    const asksToSettle = 3;
    let states: Uint8Array | undefined;
    const outcomes: string[] = []; // the slot's status and the number of absent slots, after each answer
    for (let ask = 1; ask <= 6; ask++) {
      const plan = fill([10], { states, answers: [answer(1)], asksToSettle });
      states = plan.statesAfter;
      outcomes.push(`${statusOf(states[10]!)} ${plan.absent}`);
    }
    expect(outcomes).toEqual(['absent 1', 'absent 1', ...Array<string>(4).fill('unfillable 0')]);
  });

  it('an absent slot is still due for a retry when only later slots were requested', () => {
    const onlySlot50 = [{ start: 50, end: 51 }];
    const answers = [answer(1, barAt(50))];
    const plan = fill([10, 50], { states: statesOf({ 10: absentAfter(2) }), asked: onlySlot50, answers });
    expect(plan).toMatchObject({ filled: 1, absent: 1 });
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
    const states = statesOf({ 10: absentAfter(2), 11: UNFILLABLE, 12: NO_TRADE, 13: MISSING });
    const options = { states, answers: [answer(1, barAt(13))], asksToSettle: 3 };
    expect(fill([10, 11, 12, 13], options).settled).toEqual({ noTrade: 0, unfillable: 1 });
    expect(fill([10, 11, 12, 13], { ...options, complete: true }).settled).toEqual({ noTrade: 2, unfillable: 0 });
  });

  it('a bar that appears later fills its unfillable slot', () => {
    const states = statesOf({ 10: UNFILLABLE });
    expect(fill([10], { states, answers: [answer(1, barAt(10))] }).statesAfter[10]).toBe(BACKFILLED);
  });

  it('the states of the caller are not changed in place', () => {
    const states = new Uint8Array(slotCount).fill(absentAfter(1));
    const before = Uint8Array.from(states);
    fill([10], { states, answers: [answer(1, barAt(10))] });
    expect(states).toEqual(before);
  });

  it('the first one with a bar fills its slot, a slot without a bar gets one ask, and other slots stay, on random days', () => {
    const random = seeded(12);
    const slots = Array.from({ length: slotCount }, (_, slot) => slot);
    const hasBarOf = ({ bars }: DatasetAnswer, slot: number) => bars.some(({ volume }) => volume === slot);
    for (let round = 0; round < 60; round++) {
      const emptyShare = random.next();
      const empty = slots.filter(() => random.chance(emptyShare));
      const datasets = [3, 1, 2].slice(random.int(0, 3));
      const answers = datasets.map((dataset) => {
        const answeredSlots = slots.filter(() => random.chance(0.5));
        return answer(dataset, ...answeredSlots.map((slot) => barAt(slot, 5 + dataset)));
      });
      const plan = fill(empty, { answers });
      const written = writtenBars(plan);
      const wrong = slots.filter((slot) => {
        const isRequested = empty.includes(slot);
        const best = isRequested ? answers.find((one) => hasBarOf(one, slot)) : undefined;
        const stateWithoutBar = isRequested ? absentAfter(1) : MISSING;
        const expectedState = best ? BACKFILLED : stateWithoutBar;
        return plan.statesAfter[slot] !== expectedState || written.get(slot)?.dataset !== best?.dataset;
      });
      expect(wrong).toEqual([]);
      expect(plan).toMatchObject({ filled: written.size, absent: empty.length - written.size });
    }
  });
});

describe('requesting absent bars again', () => {
  it('is delayed twice as long with each ask after the first, up to 19 doublings', () => {
    const [now, backoffMs] = [1_000, 100];
    const retries = [0, 1, 2, 3, 4].map((asks) => retryAt(now, asks, backoffMs));
    expect(retries).toEqual([1_100, 1_100, 1_200, 1_400, 1_800]);
    const manyAsks = 1_000;
    expect(retryAt(now, manyAsks, backoffMs)).toBe(now + backoffMs * 2 ** 19);
  });

  it('depends on the absent slot with the fewest asks, not on settled, filled or unrequested slots', () => {
    const notAbsent = [MISSING, BACKFILLED, UNFILLABLE, NO_TRADE, ABSENT_UNASKED];
    expect(fewestAsks(Uint8Array.of(absentAfter(3), absentAfter(2), ...notAbsent))).toBe(2);
    expect(fewestAsks(Uint8Array.from(notAbsent))).toBe(0);
  });
});
