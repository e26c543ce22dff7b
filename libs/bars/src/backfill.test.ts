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

describe('slotsToAsk and firstMissing', () => {
  const { bitmap } = dayWithout([3, 4, 5, 6, 7, 8, 200, 389]);
  const states = statesOf({ 4: absentAfter(2), 5: NO_TRADE, 6: UNFILLABLE, 7: ABSENT_UNASKED, 8: absentAfter(1) });
  const run = (start: number, end = start + 1): SlotRange => ({ start, end });

  it('the mode `missing` requests the slots that were not requested yet', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'missing')).toEqual([run(3), run(200), run(389)]);
  });
  it('the mode `due` also requests the absent slots, but not the settled ones', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'due')).toEqual([run(3, 5), run(7, 9), run(200), run(389)]);
  });
  it('the mode `all` requests all empty slots', () => {
    expect(slotsToAsk(bitmap, states, slotCount, 'all')).toEqual([run(3, 9), run(200), run(389)]);
  });
  it('each mode requests all empty slots when the day has no states', () => {
    for (const mode of ['missing', 'due', 'all'] as const) {
      expect(slotsToAsk(bitmap, undefined, slotCount, mode)).toEqual([run(3, 9), run(200), run(389)]);
    }
  });
  it('no mode requests slots that are not closed', () => {
    const [closedSlots, noClosedSlots] = [5, 0];
    expect(slotsToAsk(bitmap, states, closedSlots, 'due')).toEqual([run(3, 5)]);
    expect(slotsToAsk(bitmap, states, noClosedSlots, 'all')).toEqual([]);
  });
  it('the first missing slot is the number of closed slots when none of them is missing', () => {
    expect(firstMissing(bitmap, states, slotCount)).toBe(3);
    const closedSlots = 3;
    expect(firstMissing(bitmap, states, closedSlots)).toBe(closedSlots);
    const onlyAbsent = dayWithout([4]).bitmap;
    expect(firstMissing(onlyAbsent, states, slotCount)).toBe(slotCount);
  });
});

describe('planFill', () => {
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

  it('I12 when one repository answered and the next one failed, the slots without a bar keep their states', () => {
    const states = statesOf({ 10: MISSING, 11: absentAfter(2), 12: MISSING });
    const theFirst = answer(1, barAt(10));
    const plan = fill([10, 11, 12], { states, answers: [theFirst], isPartial: true }); // partial: the second one failed
    expect(plan.filled).toBe(1);
    expect([...plan.statesAfter.subarray(10, 13)]).toEqual([BACKFILLED, absentAfter(2), MISSING]);
  });

  it('I6 an answer without the bar makes its slot absent, and the n-th such answer unfillable', () => {
    const asksToSettle = 3;
    let states: Uint8Array | undefined;
    const outcomes: string[] = []; // after each answer: the slot's status, and the number of slots to request again
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

  it('on a day whose dataset is complete, the slots without a bar are no-trade', () => {
    const plan = fill([10, 11], { answers: [answer(1, barAt(11))], complete: true });
    expect([plan.statesAfter[10], plan.statesAfter[11], plan.absent]).toEqual([NO_TRADE, BACKFILLED, 0]);
  });

  it('on a day whose source is complete, empty slots are no-trade even in a session without repositories', () => {
    expect(fill([10], { answers: [], complete: true }).statesAfter[10]).toBe(NO_TRADE);
  });

  it('without a repository empty slots are absent, and none of them is to be requested again', () => {
    const plan = fill([10, 11], { answers: [] });
    expect([plan.statesAfter[10], plan.statesAfter[11]]).toEqual([ABSENT_UNASKED, ABSENT_UNASKED]);
    const slotsToRequestAgain = plan.absent;
    expect(slotsToRequestAgain).toBe(0);
    expect(plan).toMatchObject({ filled: 0, runs: [] });
  });

  describe('the number of slots that an answer settles', () => {
    const states = statesOf({ 10: absentAfter(2), 11: UNFILLABLE, 12: NO_TRADE, 13: MISSING });
    const options = { states, answers: [answer(1, barAt(13))], asksToSettle: 3 };

    it('includes an absent slot that had its last ask, and no slot that was settled before', () => {
      expect(fill([10, 11, 12, 13], options).settled).toEqual({ noTrade: 0, unfillable: 1 }); // slot 10
    });

    it('on a complete day includes absent and unfillable slots, which become no-trade', () => {
      const { settled } = fill([10, 11, 12, 13], { ...options, complete: true });
      expect(settled).toEqual({ noTrade: 2, unfillable: 0 }); // slots 10 and 11
    });
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

  it('on random days each requested slot has the bar of the first dataset that has one, or else is absent after one ask', () => {
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

describe('retryAt and fewestAsks', () => {
  it('the delay doubles with each ask after the first, up to 19 times', () => {
    const [now, backoffMs] = [1_000, 100];
    const retries = [0, 1, 2, 3, 4].map((asks) => retryAt(now, asks, backoffMs));
    expect(retries).toEqual([1_100, 1_100, 1_200, 1_400, 1_800]);
    const manyAsks = 1_000;
    expect(retryAt(now, manyAsks, backoffMs)).toBe(now + backoffMs * 2 ** 19);
  });

  it('the fewest asks are those of an absent slot, not of a settled, filled or unrequested one', () => {
    const notAbsent = [MISSING, BACKFILLED, UNFILLABLE, NO_TRADE, ABSENT_UNASKED];
    expect(fewestAsks(Uint8Array.of(absentAfter(3), absentAfter(2), ...notAbsent))).toBe(2);
    expect(fewestAsks(Uint8Array.from(notAbsent))).toBe(0);
  });
});
