/**
 * Gaps: maximal runs of empty slots of one trading day that share a state. Each slot has a state byte in the day's *slot states*, which
 * upkeep creates for the day's first gap. An *ask* of a slot is a request that was answered without its bar.
 * A state is 0 (no request yet), the number of asks (1 to 199: absent), or one of the codes below; some codes mark filled slots. Pure.
 */
import { hasBit } from './chunk.js';

/** At most this many asks of a slot are counted. */
export const ASKS_MAX = 199;
/** The slot had as many asks as the spec allows. */
export const UNFILLABLE = 200;
/** A dataset that is declared complete has no bar for the slot: nothing traded. */
export const NO_TRADE = 201;
/** The slot was empty and backfill has filled it: its bar's origin is `backfilled`. */
export const BACKFILLED = 202;
/** The session has no backfill dataset to ask: the streaming source itself has no bar for the slot. */
export const ABSENT_UNASKED = 203;
/** The frontier passed the empty slot, then a fed bar filled it: its bar's origin is `streamed`. */
export const LATE = 204;

/** Why a slot is empty: see {@link statusOf} and docs/glossary.md. */
export type GapStatus = 'missing' | 'absent' | 'unfillable' | 'no-trade';

/** Slots `[start, end)` of one day. */
export interface SlotRange {
  start: number;
  end: number;
}

/** A gap of one day. */
export interface SlotGap extends SlotRange {
  status: GapStatus;
  /** Number of asks of each slot so far; for an unfillable gap the number that settled it. */
  attempts: number;
}

/** Maximal runs of empty slots in `[from, to)` of a presence bitmap, in order. Skips bytes whose slots are all filled. */
export function emptyRuns(bitmap: Uint8Array, from: number, to: number): SlotRange[] {
  const runs: SlotRange[] = [];
  let start = -1; // where the current run of empty slots begins; -1 outside a run
  for (let slot = from; slot < to; slot++) {
    if (start < 0 && (slot & 7) === 0 && bitmap[slot >> 3] === 0xff) {
      slot += 7; // the loop adds 1 more
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
 * The gaps of a day in slots `[from, to)`: runs of empty slots, split where the state changes. A no-trade slot is no gap.
 * @param asksToSettle the number of asks that makes a slot unfillable
 */
export function gapsOf(
  bitmap: Uint8Array,
  states: Uint8Array | undefined,
  from: number,
  to: number,
  asksToSettle: number,
): SlotGap[] {
  const stateAt = (slot: number) => states?.[slot] ?? 0;
  const gaps: SlotGap[] = [];
  for (const run of emptyRuns(bitmap, from, to)) {
    let end = run.start;
    while (end < run.end) {
      const start = end;
      const state = stateAt(start);
      while (end < run.end && stateAt(end) === state) end++;
      const status = statusOf(state);
      const attempts = state === UNFILLABLE ? asksToSettle : asksOf(state);
      if (status !== 'no-trade') gaps.push({ start, end, status, attempts });
    }
  }
  return gaps;
}

/** Number of gaps, and the length of the largest one in slots. */
export function summarizeGaps(gaps: readonly SlotRange[]): { gapCount: number; largestGap: number } {
  return { gapCount: gaps.length, largestGap: gaps.reduce((max, gap) => Math.max(max, gap.end - gap.start), 0) };
}

/**
 * The state of a slot after one more ask.
 * @param asksToSettle after this many asks the slot is unfillable
 * @param noTradeConfirmed whether a dataset that is declared complete for this day confirms that nothing traded
 */
export function stateAfterAsk(state: number, asksToSettle: number, noTradeConfirmed: boolean): number {
  if (noTradeConfirmed) return NO_TRADE;
  if (state === UNFILLABLE || state === NO_TRADE) return state;
  const asks = asksOf(state) + 1;
  return asks >= asksToSettle ? UNFILLABLE : Math.min(asks, ASKS_MAX);
}

/** The number of asks that a state counts; 0 for a code, which replaces the count. */
function asksOf(state: number): number {
  return state <= ASKS_MAX ? state : 0;
}
