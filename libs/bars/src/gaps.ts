/**
 * Gaps: maximal runs of empty slots of one trading day that share a status, before the frontier. Each slot has a state
 * byte in the day's *slot states*, which upkeep creates for the day's first gap. For an empty slot: 0 not requested
 * yet; 1 to 199 absent, after that many answers without the bar; then the codes below. Pure.
 */
import { hasBit } from './chunk.js';

/** For one slot, at most this many answers without its bar are counted. */
export const ASKS_MAX = 199;
export const UNFILLABLE = 200;
export const NO_TRADE = 201;
/** The slot was empty and backfill has filled it: its bar's origin is `backfilled`. */
export const BACKFILLED = 202;
/** The session has no backfill dataset to ask: the streaming source itself has no bar for the slot. */
export const ABSENT_UNASKED = 203;
/** The frontier passed the empty slot, then a fed bar filled it: its bar's origin is `streamed`. */
export const LATE = 204;

export type GapStatus = 'missing' | 'absent' | 'unfillable' | 'no-trade';

/** Slots `[start, end)` of one day. */
export interface SlotRange {
  start: number;
  end: number;
}

export interface SlotGap extends SlotRange {
  status: GapStatus;
  /** Number of answers without these bars so far. */
  attempts: number;
}

/** Maximal runs of empty slots in `[from, to)` of a presence bitmap, in order. Skips bytes whose slots are all filled. */
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

/** The status of an empty slot with this state byte. */
export function statusOf(state: number): GapStatus {
  if (state === 0) return 'missing';
  if (state === UNFILLABLE) return 'unfillable';
  if (state === NO_TRADE) return 'no-trade';
  return 'absent';
}

/**
 * The gaps of a day in slots `[from, to)`: runs of empty slots, split where status or attempts change. Leaves no-trade slots
 * out, because a confirmed absence of trades is not a gap.
 * @param asksToSettle attempts shown for an unfillable slot
 */
export function gapsOf(
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  from: number,
  to: number,
  asksToSettle: number,
): SlotGap[] {
  const gaps: SlotGap[] = [];
  for (const run of emptyRuns(bitmap, from, to)) {
    let start = run.start;
    for (let slot = run.start; slot < run.end; slot++) {
      const state = states?.[slot] ?? 0;
      if (slot + 1 < run.end && (states?.[slot + 1] ?? 0) === state) continue;
      const status = statusOf(state);
      const attempts = state === UNFILLABLE ? asksToSettle : state <= ASKS_MAX ? state : 0;
      if (status !== 'no-trade') gaps.push({ start, end: slot + 1, status, attempts });
      start = slot + 1;
    }
  }
  return gaps;
}

/** Number of gaps, and the length of the largest one in slots. */
export function summarizeGaps(gaps: readonly SlotRange[]): { gapCount: number; largestGap: number } {
  return { gapCount: gaps.length, largestGap: gaps.reduce((max, gap) => Math.max(max, gap.end - gap.start), 0) };
}

/**
 * The state of a slot after one more answer without its bar.
 * @param asksToSettle after this many answers without its bar the slot is unfillable
 * @param complete whether a dataset that is declared complete for this day confirms that nothing traded
 */
export function stateAfterAsk(state: number, asksToSettle: number, complete: boolean): number {
  if (complete) return NO_TRADE;
  if (state === UNFILLABLE || state === NO_TRADE) return state;
  const asks = (state <= ASKS_MAX ? state : 0) + 1;
  return asks >= asksToSettle ? UNFILLABLE : Math.min(asks, ASKS_MAX);
}
