/**
 * The decisions of backfill: which empty slots to request from a repository, and how its answer changes them. Pure: the
 * worker reads, requests and writes.
 */
import type { Bar, RefusalReason } from './bar.js';
import { DayChunk, recordOffset } from './chunk.js';
import { ABSENT_UNASKED, ASKS_MAX, BACKFILLED, emptyRuns, stateAfterAsk, statusOf, type SlotRange } from './gaps.js';
import type { DayGrid } from './slots.js';

/** Which empty slots to request: those not asked yet (`missing`), absent ones as well (`due`), or all of them. */
export type AskMode = 'missing' | 'due' | 'all';

/** Runs of slots before `closed` to request, in order. */
export function slotsToAsk(
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  closed: number,
  mode: AskMode,
): SlotRange[] {
  const runs = emptyRuns(bitmap, 0, closed);
  if (mode === 'all' || !states) return runs;
  const wanted = (slot: number) => {
    const status = statusOf(states[slot] ?? 0);
    return status === 'missing' || (mode === 'due' && status === 'absent');
  };
  return runsWithin(runs, wanted);
}

/** The runs of slots in the ranges for which `isIn` holds, in order. */
function runsWithin(ranges: readonly SlotRange[], isIn: (slot: number) => boolean): SlotRange[] {
  const runs: SlotRange[] = [];
  for (const { start, end } of ranges) {
    for (let slot = start; slot < end; slot++) {
      if (!isIn(slot)) continue;
      const last = runs.at(-1);
      if (last?.end === slot) last.end++;
      else runs.push({ start: slot, end: slot + 1 });
    }
  }
  return runs;
}

/** The first empty slot before `closed` that was not requested yet; `closed` when there is none. */
export function firstMissing(bitmap: Uint8Array, states: Uint8Array | undefined, closed: number): number {
  return slotsToAsk(bitmap, states, closed, 'missing')[0]?.start ?? closed;
}

/** The answer of one dataset for one symbol. */
export interface DatasetAnswer {
  /** Index of the dataset in the session's list. */
  dataset: number;
  bars: readonly Bar[];
}

export interface FillInput {
  grid: DayGrid;
  states: Uint8Array | undefined;
  asked: readonly SlotRange[];
  /** Best dataset first; empty when the session has no backfill source. */
  answers: readonly DatasetAnswer[];
  /** Whether the source or a dataset that answered is declared complete for this day. */
  complete: boolean;
  /** Answers without the bar that settle a slot as unfillable. */
  asksToSettle: number;
  /**
   * A repository failed before it answered: slots without a bar keep their state. @default false
   */
  isPartial?: boolean;
}

/** A bar of an answer that was refused. */
export interface RefusedBar {
  /** The dataset's number in the session. */
  dataset: number;
  bar: Bar;
  reason: RefusalReason;
}

export interface FillPlan {
  /** The states of all slots of the day after the plan is applied. */
  after: Uint8Array;
  /** Records for runs of empty slots. */
  runs: { start: number; records: Uint8Array }[];
  filled: number;
  /** Slots of the day to request again, including those not requested this time. */
  absent: number;
  /** Bars of the answers that fit no slot: off the grid, or outside the trading day. */
  refused: readonly RefusedBar[];
}

/** Plans the asked slots: filled from the first dataset that has the bar, otherwise one answer closer to unfillable. */
export function planFill(input: FillInput): FillPlan {
  const { grid, asked, states, complete, asksToSettle, isPartial } = input;
  const after = new Uint8Array(grid.slotCount);
  if (states) after.set(states);
  const { chunk, refused } = chunkOfAnswers(input);
  for (const { start, end } of asked) {
    for (let slot = start; slot < end; slot++) {
      if (chunk.has(slot)) after[slot] = BACKFILLED;
      else if (isPartial) continue;
      else if (input.answers.length > 0 || complete) after[slot] = stateAfterAsk(after[slot]!, asksToSettle, complete);
      else after[slot] = ABSENT_UNASKED;
    }
  }
  const runs = runsWithin(asked, (slot) => chunk.has(slot)).map(({ start, end }) => {
    const [from, to] = [start, end].map((slot) => recordOffset(grid.slotCount, slot));
    return { start, records: chunk.bytes.subarray(from, to) };
  });
  return { after, runs, filled: chunk.count(), absent: after.filter(isAbsent).length, refused };
}

/** The answers as a chunk: only asked slots, each from the first dataset that has it. Counts bars that fit no slot. */
function chunkOfAnswers({ grid, asked, answers }: FillInput) {
  const chunk = new DayChunk(grid.slotCount);
  const refused: RefusedBar[] = [];
  const isAsked = new Uint8Array(grid.slotCount);
  for (const { start, end } of asked) isAsked.fill(1, start, end);
  for (const { dataset, bars } of answers) {
    for (const bar of bars) {
      const slot = grid.slotAt(bar.openTime);
      if (typeof slot === 'string') refused.push({ dataset, bar, reason: slot });
      else if (isAsked[slot] === 1 && !chunk.has(slot)) chunk.writeBar(slot, bar, 'backfilled', dataset);
    }
  }
  return { chunk, refused };
}

/** Whether a slot's state is absent: answered without its bar, and not settled. */
function isAbsent(state: number): boolean {
  return state >= 1 && state <= ASKS_MAX;
}

/** When to request absent bars again, epoch ms: the delay doubles with each answer. @param asks the fewest answers so far */
export function retryAt(now: number, asks: number, backoffMs: number): number {
  return now + backoffMs * 2 ** Math.max(0, Math.min(asks, 20) - 1);
}

/** The fewest answers that any absent slot of a day has had; 0 when none is absent. */
export function fewestAsks(states: Uint8Array): number {
  const asks = states.filter(isAbsent);
  return asks.length === 0 ? 0 : Math.min(...asks);
}
