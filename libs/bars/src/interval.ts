/**
 * Bar intervals: `1m`, `5m`, `1h`, … and `1d`, which is the whole trading day, not 24 hours.
 * The only parser of intervals. Guarantees that an interval has one canonical name: `60m` and `1h` are the same key.
 */
import { DAY_MS, MINUTE_MS } from './calendar/index.js';

/** A length of bars. */
export interface Interval {
  /** Canonical name: `90m`, `2h`, `1d`. */
  readonly name: string;
  /** Length in ms; for `1d` that of 24 hours, used for ordering only. */
  readonly ms: number;
  /** True for `1d`: one bar covers all segments of the trading day. */
  readonly daily: boolean;
}

const HOUR_MS = 60 * MINUTE_MS;

/** What {@link isInterval} accepts, in the words of error messages. */
export const INTERVAL_WORDS = 'an interval such as 5m, 2h or 1d (1d is the trading day, 24h is 24 hours)';

/** Thrown for a text that is not an interval. */
export class IntervalError extends Error {
  override readonly name = 'IntervalError';
  constructor(readonly value: string) {
    const dayHint = value === '1440m' ? ' (write 1d for the trading day, or 24h for 24 hours)' : '';
    super(
      `interval: expected a whole number of minutes or hours up to 24h, or 1d, such as 5m or 2h; was "${value}"${dayHint}`,
    );
  }
}

/** Parses `5m`, `2h`, `1d`. @throws IntervalError for anything else; `1440m` too, which could mean the trading day or 24 hours */
export function parseInterval(text: string): Interval {
  const match = /^([1-9][0-9]{0,3})([mhd])$/.exec(text);
  if (!match) throw new IntervalError(text);
  const count = Number(match[1]);
  if (match[2] === 'd') {
    if (count !== 1) throw new IntervalError(text);
    return { name: '1d', ms: DAY_MS, daily: true };
  }
  const ms = count * (match[2] === 'h' ? HOUR_MS : MINUTE_MS);
  if (ms > DAY_MS || text === '1440m') throw new IntervalError(text);
  return { name: ms % HOUR_MS === 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`, ms, daily: false };
}

/** Whether {@link parseInterval} accepts a text. */
export function isInterval(text: string): boolean {
  return intervalName(text) !== undefined;
}

/** The canonical name of an interval, such as `1h` for `60m`: look intervals up by it. Undefined when the text is not an interval. */
export function intervalName(text: string): string | undefined {
  try {
    return parseInterval(text).name;
  } catch {
    return undefined;
  }
}

/** True when bars of `derived` consist of whole bars of `base`: a longer whole multiple, or the trading day. */
export function isDerivable(derived: Interval, base: Interval): boolean {
  if (base.daily) return false;
  return derived.daily || (derived.ms > base.ms && derived.ms % base.ms === 0);
}
