/**
 * Decides for backfill which empty slots to request, and how an answer changes them. An *ask* of a slot is a request that was answered
 * without its bar (gaps.ts). Pure: the worker reads, requests and writes.
 */
import type { Bar, RefusalReason } from './bar.js';
import { DayChunk, RECORD_BYTES, recordOffset } from './chunk.js';
import { ABSENT_UNASKED, ASKS_MAX, BACKFILLED, emptyRuns, stateAfterAsk, statusOf, type SlotRange } from './gaps.js';
import type { DayGrid } from './slots.js';

/** Which empty slots to request: those not requested yet (`missing`), absent ones as well (`due`), or also the settled ones (`all`). */
export type AskMode = 'missing' | 'due' | 'all';

/**
 * The empty slots to request among the first `closedSlots` slots of a day, as runs in order.
 * @param states the day's slot states; undefined when it has none yet: then every empty slot is missing
 */
export function slotsToAsk(
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  closedSlots: number,
  mode: AskMode,
): SlotRange[] {
  const runs = emptyRuns(bitmap, 0, closedSlots);
  if (mode === 'all' || !states) return runs;
  const isWanted = (slot: number) => {
    const status = statusOf(states[slot] ?? 0);
    return status === 'missing' || (mode === 'due' && status === 'absent');
  };
  return runsWithin(runs, isWanted);
}

/** The slots in the ranges for which `isIn` holds, as runs of consecutive slots in order. */
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

/** The first empty slot, among the first `closedSlots` ones, that was not requested yet; `closedSlots` when there is none. */
export function firstMissing(bitmap: Uint8Array, states: Uint8Array | undefined, closedSlots: number): number {
  return slotsToAsk(bitmap, states, closedSlots, 'missing')[0]?.start ?? closedSlots;
}

/** The bars that one dataset returned for one symbol. */
export interface DatasetAnswer {
  /** Index of the dataset in the session's list. */
  dataset: number;
  bars: readonly Bar[];
}

/** What {@link planFill} decides from: one symbol's day and the answers of the repositories. */
export interface FillInput {
  grid: DayGrid;
  states: Uint8Array | undefined;
  /** The slots that were requested: in order, without overlap. */
  asked: readonly SlotRange[];
  /** Best dataset first; empty when the session has no backfill source. */
  answers: readonly DatasetAnswer[];
  /** Whether the source or a dataset that answered is declared complete for this day. */
  complete: boolean;
  /** After this many asks a slot is unfillable. */
  asksToSettle: number;
  /** True when a repository failed before it answered, or was not asked: slots without a bar keep their state. @default false */
  isPartial?: boolean;
}

/** A bar of an answer that was refused. */
export interface RefusedBar {
  /** Index of the dataset in the session's list. */
  dataset: number;
  bar: Bar;
  reason: RefusalReason;
}

/** What to write into one symbol's day. */
export interface FillPlan {
  /** The states of all slots of the day after the plan is applied. */
  statesAfter: Uint8Array;
  /** The records to write: for each run of consecutive slots that get a bar, its first slot and its records in order. */
  runs: { start: number; records: Uint8Array }[];
  /** Number of slots that get a bar. */
  filled: number;
  /** Number of requested slots that become settled without a bar. */
  settled: { noTrade: number; unfillable: number };
  /** Number of slots of the day to request again, including slots that were not requested this time. */
  absent: number;
  /** Bars of the answers that fit no slot: off the grid, or outside the trading day. */
  refused: readonly RefusedBar[];
}

/** Plans the requested slots: each is filled from the first dataset that has its bar, or gets the state after an answer without it. */
export function planFill(input: FillInput): FillPlan {
  const { grid, asked, states } = input;
  const statesAfter = new Uint8Array(grid.slotCount);
  if (states) statesAfter.set(states);
  const { chunk, placeOf, refused } = chunkOfAnswers(input);
  const isFilled = (slot: number) => chunk.has(placeOf(slot));
  const settled = { noTrade: 0, unfillable: 0 };
  for (const { start, end } of asked) {
    for (let slot = start; slot < end; slot++) {
      const stateBefore = statesAfter[slot]!;
      const state = isFilled(slot) ? BACKFILLED : stateWithoutBar(stateBefore, input);
      if (state === stateBefore) continue;
      statesAfter[slot] = state;
      const status = statusOf(state);
      if (status === 'no-trade') settled.noTrade++;
      if (status === 'unfillable') settled.unfillable++;
    }
  }
  const runs = runsWithin(asked, isFilled).map(({ start, end }) => {
    const from = recordOffset(chunk.slotCount, placeOf(start));
    return { start, records: chunk.bytes.subarray(from, from + (end - start) * RECORD_BYTES) };
  });
  return { statesAfter, runs, filled: chunk.count(), settled, absent: statesAfter.filter(isAbsent).length, refused };
}

/** The next state of a requested slot for which no answer has a bar. */
function stateWithoutBar(state: number, { answers, complete, asksToSettle, isPartial }: FillInput): number {
  if (isPartial) return state;
  if (answers.length === 0 && !complete) return ABSENT_UNASKED;
  return stateAfterAsk(state, asksToSettle, complete);
}

/**
 * Puts the answers into a chunk that has only the requested slots, in order. The bar of a slot is from the first dataset that has it.
 * @returns the chunk, a function from a requested slot to its place in the chunk, and the bars that fit no slot of the day
 */
function chunkOfAnswers({ grid, asked, answers }: FillInput) {
  /** By slot: its place in the chunk, counted from 1; 0 when it was not requested. */
  const places = new Uint16Array(grid.slotCount);
  let count = 0;
  for (const { start, end } of asked) for (let slot = start; slot < end; slot++) places[slot] = ++count;
  const placeOf = (slot: number) => places[slot]! - 1;
  const chunk = new DayChunk(count);
  const refused: RefusedBar[] = [];
  for (const { dataset, bars } of answers) {
    for (const bar of bars) {
      const slot = grid.slotAt(bar.openTime);
      if (typeof slot === 'string') refused.push({ dataset, bar, reason: slot });
      else if (places[slot] !== 0 && !chunk.has(placeOf(slot)))
        chunk.writeBar(placeOf(slot), bar, 'backfilled', dataset);
    }
  }
  return { chunk, placeOf, refused };
}

/** Whether a slot had asks and is not settled. {@link ABSENT_UNASKED} is not counted: there is nothing to request again. */
function isAbsent(state: number): boolean {
  return state >= 1 && state <= ASKS_MAX;
}

/** A delay doubles at most this often: from 1 s it grows to 6 days. */
const RETRY_DOUBLINGS_MAX = 19;

/** When to request absent bars again, epoch ms. The delay doubles with each ask after the first. @param asks from {@link fewestAsks} */
export function retryAt(now: number, asks: number, backoffMs: number): number {
  return now + backoffMs * 2 ** Math.max(0, Math.min(asks - 1, RETRY_DOUBLINGS_MAX));
}

/** The fewest asks that any absent slot of a day has had; 0 when there is no such slot. */
export function fewestAsks(states: Uint8Array): number {
  let fewest = 0;
  for (const state of states) if (isAbsent(state) && (fewest === 0 || state < fewest)) fewest = state;
  return fewest;
}
