/**
 * Gaps: maximal runs of empty slots of one trading day that share a status, before the frontier.
 * A slot that is not filled has one status byte in the day's *slot states* (created when the first gap is treated):
 * 0 not asked yet, 1…199 absent after that many clean answers without it, then the codes below. Pure.
 */
import { hasBit } from './chunk.js';

/** Most clean answers that are counted for one slot; more is the same as this many. */
export const ASKS_MAX = 199;
export const UNFILLABLE = 200;
export const NO_TRADE = 201;
/** The slot was empty and has been filled since: its bar's origin is `backfilled`. */
export const BACKFILLED = 202;
/** Nothing can be asked (a session without backfill sources): the streaming source itself answered without the bar. */
export const ABSENT_UNASKED = 203;
/** The frontier passed the slot when it was empty, and a fed bar has filled it since: its bar's origin is `streamed`. */
export const LATE = 204;

export type GapStatus = 'missing' | 'absent' | 'unfillable' | 'no-trade';

/** Slots `[start, end)` of one day. */
export interface SlotRange {
  start: number;
  end: number;
}

export interface SlotGap extends SlotRange {
  status: GapStatus;
  /** Clean answers without these bars so far. */
  attempts: number;
}

/** Maximal runs of empty slots in `[from, to)` of a presence bitmap, in order. Whole filled bytes are passed over. */
export function emptyRuns(bitmap: Uint8Array, from: number, to: number): SlotRange[] {
  const runs: SlotRange[] = [];
  let start = -1;
  for (let slot = from; slot < to; slot++) {
    if (start < 0 && (slot & 7) === 0 && bitmap[slot >> 3] === 0xff) {
      slot += 7;
      continue;
    }
    const filled = hasBit(bitmap, slot);
    if (!filled && start < 0) start = slot;
    else if (filled && start >= 0) {
      runs.push({ start, end: slot });
      start = -1;
    }
  }
  if (start >= 0) runs.push({ start, end: to });
  return runs;
}

/** What a state byte says of an empty slot. */
export function statusOf(state: number): GapStatus {
  if (state === 0) return 'missing';
  if (state === UNFILLABLE) return 'unfillable';
  if (state === NO_TRADE) return 'no-trade';
  return 'absent';
}

/**
 * The gaps of a day in slots `[from, to)`: runs of empty slots, split where status or attempts change; no-trade slots
 * are left out, for a confirmed absence of trades is no gap.
 * @param maxRetries attempts shown for an unfillable slot
 */
export function gapsOf(
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  from: number,
  to: number,
  maxRetries: number,
): SlotGap[] {
  const gaps: SlotGap[] = [];
  for (const run of emptyRuns(bitmap, from, to)) {
    let start = run.start;
    for (let slot = run.start; slot < run.end; slot++) {
      const state = states?.[slot] ?? 0;
      if (slot + 1 < run.end && (states?.[slot + 1] ?? 0) === state) continue;
      const status = statusOf(state);
      const attempts = state === UNFILLABLE ? maxRetries : state <= ASKS_MAX ? state : 0;
      if (status !== 'no-trade') gaps.push({ start, end: slot + 1, status, attempts });
      start = slot + 1;
    }
  }
  return gaps;
}

/** Joins ranges that touch or overlap; answers them in order. */
export function mergeRanges(ranges: readonly SlotRange[]): SlotRange[] {
  const merged: SlotRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else merged.push({ ...range });
  }
  return merged;
}

/** Number of gaps and the length in bars of the largest one. */
export function summarizeGaps(gaps: readonly SlotRange[]): { gapCount: number; largestGap: number } {
  return { gapCount: gaps.length, largestGap: gaps.reduce((most, gap) => Math.max(most, gap.end - gap.start), 0) };
}

/**
 * The state of a slot after one more clean answer without its bar.
 * @param asked clean answers needed to settle it as unfillable
 * @param complete a dataset that was read in whole for this day confirms that nothing traded
 */
export function stateAfterAsk(state: number, asked: number, complete: boolean): number {
  if (complete) return NO_TRADE;
  if (state === UNFILLABLE || state === NO_TRADE) return state;
  const asks = (state <= ASKS_MAX ? state : 0) + 1;
  return asks >= asked ? UNFILLABLE : Math.min(asks, ASKS_MAX);
}
