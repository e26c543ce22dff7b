/** Bars and gaps of one symbol's day as a chart draws them: an empty slot stays empty, and the origin of a bar is visible. Pure. */
import type { AnsweredBar, GapAnswer } from '@barkeep/api';

/** One place on the axis of time, seconds since the epoch; without prices it is a hole. */
export type Candle =
  { time: number } | ({ time: number } & Pick<AnsweredBar, 'open' | 'high' | 'low' | 'close' | 'volume' | 'origin'>);

/** A range of empty slots, in seconds, end exclusive. */
export interface Hole {
  from: number;
  to: number;
}

/** Bars with a whitespace for each slot of the gaps, in order. @param stepMs length of a bar */
export function candlesOf(bars: readonly AnsweredBar[], gaps: readonly GapAnswer[], stepMs: number): Candle[] {
  const byTime = new Map<number, Candle>();
  for (const gap of gaps) {
    const end = Date.parse(gap.end);
    for (let time = Date.parse(gap.start); time < end; time += stepMs) byTime.set(time, { time: time / 1000 });
  }
  for (const { openTime, open, high, low, close, volume, origin } of bars) {
    const time = Date.parse(openTime);
    byTime.set(time, { time: time / 1000, open, high, low, close, volume, origin });
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

/** The gaps that a chart hatches: those whose slots should have had a bar. */
export function holesOf(gaps: readonly GapAnswer[]): Hole[] {
  return gaps.map(({ start, end }) => ({ from: Date.parse(start) / 1000, to: Date.parse(end) / 1000 }));
}

/** The gaps of a trading day, `[open, close)` in ISO 8601. */
export function gapsWithin(gaps: readonly GapAnswer[], open: string, close: string): GapAnswer[] {
  return gaps.filter(({ start, end }) => Date.parse(end) > Date.parse(open) && Date.parse(start) < Date.parse(close));
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The length of an interval such as `5m` in milliseconds. */
export function intervalMs(interval: string): number {
  return Number(interval.slice(0, -1)) * (UNIT_MS[interval.slice(-1)] ?? 60_000);
}

/** A range of empty or repaired slots of a day, end exclusive, ISO 8601. */
export interface GapLine extends Omit<GapAnswer, 'status' | 'attempts'> {
  status: GapAnswer['status'] | 'filled';
  /** Requests to repositories; null for a filled range, which keeps no count. */
  attempts: number | null;
}

/** The gaps of a day and the ranges that backfill has filled, in order. */
export function gapLines(bars: readonly AnsweredBar[], gaps: readonly GapAnswer[]): GapLine[] {
  const filled: GapLine[] = [];
  for (const { openTime, closeTime, origin } of bars) {
    if (origin !== 'backfilled') continue;
    const last = filled.at(-1);
    if (last?.end === openTime) {
      last.end = closeTime;
      last.bars++;
    } else filled.push({ start: openTime, end: closeTime, bars: 1, status: 'filled', attempts: null, lastError: null });
  }
  return [...gaps, ...filled].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}
