/** Bars and gaps of one symbol and day in the form that a chart draws: empty slots stay empty, and bars keep their origin. Pure. */
import type { AnsweredBar, GapAnswer } from '@barkeep/api';

/** A bar, or an empty slot when it has no prices. `time` is the open time in seconds since the epoch, as the chart library needs it. */
export type Candle =
  { time: number } | ({ time: number } & Pick<AnsweredBar, 'open' | 'high' | 'low' | 'close' | 'volume' | 'origin'>);

/** A range of empty slots: the open times of the first and the last one in seconds since the epoch. */
export interface Hole {
  first: number;
  last: number;
}

/** A range of empty or filled slots; `start` and `end` (exclusive) are ISO 8601. */
export interface GapLine extends Omit<GapAnswer, 'status' | 'attempts'> {
  status: GapAnswer['status'] | 'filled';
  /** How often repositories were asked; null for a filled range, for which no count is kept. */
  attempts: number | null;
}

/** The bars, and an empty candle for each slot of the gaps, in order of time. @param stepMs length of a bar */
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

/** How many candles are shown before a range, and how many after it. */
const CANDLES_AROUND = 25;

/**
 * The indexes between which candles are shown for a range: those that overlap it, and {@link CANDLES_AROUND} on each side. They may be
 * beyond the first and the last candle. @param stepMs length of a bar @param range start and end (exclusive) in ISO 8601
 */
export function candlesAround(candles: readonly Candle[], stepMs: number, range: Pick<GapLine, 'start' | 'end'>) {
  const [start, end] = [Date.parse(range.start) / 1000, Date.parse(range.end) / 1000];
  const firstInside = candles.filter(({ time }) => time + stepMs / 1000 <= start).length;
  const firstAfter = candles.filter(({ time }) => time < end).length;
  return { from: firstInside - CANDLES_AROUND, to: firstAfter + CANDLES_AROUND };
}

/** The gaps as ranges that a chart hatches. @param stepMs length of a bar; the last slot of a day may be shorter */
export function holesOf(gaps: readonly GapAnswer[], stepMs: number): Hole[] {
  return gaps.map(({ start, end }) => {
    const first = Date.parse(start);
    const stepsToLast = Math.ceil((Date.parse(end) - first) / stepMs) - 1;
    return { first: first / 1000, last: (first + stepsToLast * stepMs) / 1000 };
  });
}

/** A part of a trading day without a break; times in ISO 8601, end exclusive. */
type Segment = Record<'open' | 'close', string>;

/** Whether a gap spans a break of its trading day, such as a lunch break, in which there are no slots. @param stepMs length of a slot */
export function spansBreak({ start, end, bars: slots }: GapAnswer, stepMs: number): boolean {
  const slotsWithoutBreak = Math.ceil((Date.parse(end) - Date.parse(start)) / stepMs);
  return slotsWithoutBreak > slots;
}

/** The parts of the gaps that are inside the segments of a day: a gap that spans a break becomes two. */
export function gapsOutsideBreaks(gaps: readonly GapAnswer[], segments: readonly Segment[]): GapAnswer[] {
  return segments.flatMap(({ open, close }) =>
    gapsWithin(gaps, open, close).map((gap) => ({
      ...gap,
      start: gap.start > open ? gap.start : open,
      end: gap.end < close ? gap.end : close,
    })),
  );
}

/** Decimals of a price when its symbol needs no more. */
const DECIMALS_MIN = 2;
/** Digits of a price that are shown at most. */
const DIGITS_MAX = 8;

/** The number of decimals with which a chart shows the prices of its candles: as many as they have, but at most 8 digits. */
export function priceDecimals(candles: readonly Candle[]): number {
  const prices = candles.flatMap((candle) => ('open' in candle ? [candle.high, candle.low, candle.close] : []));
  const highest = prices.reduce((high, price) => Math.max(high, Math.abs(price)), 0);
  if (highest === 0) return DECIMALS_MIN;
  const digitsBeforePoint = 1 + Math.floor(Math.log10(highest)); // 3 for 123.4, 0 for 0.5, -1 for 0.05
  const decimalsMax = DIGITS_MAX - digitsBeforePoint;
  const decimals = prices.reduce((most, price) => Math.max(most, decimalsOf(price)), 0);
  return Math.max(DECIMALS_MIN, Math.min(decimals, decimalsMax, 15)); // a chart does not compute with more than 15
}

/** The number of decimals that a number needs: 2 for 1.25, 7 for 1.5e-6. */
function decimalsOf(value: number): number {
  const [digits = '', exponent = '0'] = String(value).split('e');
  const point = digits.indexOf('.');
  const written = point < 0 ? 0 : digits.length - point - 1;
  return Math.max(0, written - Number(exponent));
}

/** The gaps that overlap `[open, close)`, such as a trading day. The times of the API compare as texts: all are ISO 8601 in UTC. */
export function gapsWithin(gaps: readonly GapAnswer[], open: string, close: string): GapAnswer[] {
  return gaps.filter(({ start, end }) => end > open && start < close);
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The length in milliseconds of an interval such as `5m`. Takes an unknown unit for minutes. */
export function intervalMs(interval: string): number {
  return Number(interval.slice(0, -1)) * (UNIT_MS[interval.slice(-1)] ?? UNIT_MS['m']!);
}

/** The gaps of a day, and the ranges of adjacent backfilled bars, in order of time. @param bars oldest first */
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
