/**
 * Pace: when a bar is due on the wall clock, for sessions whose clock runs at `speed ×` real time (docs/pace.md). A bar is due when its
 * close time is due. Pure: the wall time is an argument, in ms of any clock that does not jump.
 */
import type { TradingDay } from './calendar/index.js';

/**
 * The trading time over consecutive trading days: it runs inside their segments and stands still between them.
 * @returns a function from a time, epoch ms, to the trading time from the first open to it, ms: 0 before the first open, the total after
 * the last close
 */
export function tradingTimeOf(days: readonly TradingDay[]): (time: number) => number {
  let total = 0;
  /** In order; `before` is the trading time before a segment's open, ms. */
  const segments = days.flatMap((day) =>
    day.segments.map(({ open, close }) => {
      const before = total;
      total += close - open;
      return { open, close, before };
    }),
  );
  return (time) => {
    // Binary search for the last segment that opened at `time` or before: it is the one before `low`.
    let [low, high] = [0, segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (segments[middle]!.open <= time) low = middle + 1;
      else high = middle;
    }
    const segment = segments[low - 1];
    return segment ? segment.before + Math.min(time, segment.close) - segment.open : 0;
  };
}

/**
 * A schedule in which the simulated time `clock`, epoch ms, is due at the wall time `anchorWallMs`. Each due time is computed from this
 * anchor, not from earlier bars, so delays do not accumulate. A start, a pause and a takeover need a new schedule.
 * @param speed trading time per wall time, more than 0
 * @returns a function from a simulated time, epoch ms, to when it is due, ms of wall time
 */
export function paceSchedule(
  tradingTime: (time: number) => number,
  speed: number,
  clock: number,
  anchorWallMs: number,
): (time: number) => number {
  const anchorTradingMs = tradingTime(clock);
  return (time) => anchorWallMs + (tradingTime(time) - anchorTradingMs) / speed;
}

/** A clock that is further behind its schedule than this is in an overrun. A smaller lag is timer jitter. */
export const OVERRUN_AFTER_MS = 250;

/** Measures how far the clock is behind, and counts overruns. One overrun lasts until the clock has caught up, and counts once. */
export class OverrunMeter {
  /** How late the newest bar was, or how overdue the next one is, ms; 0 when the clock is on time. */
  lagMs = 0;
  private isBehind = false;

  /** @param overruns the count so far, from previous owners of the session */
  constructor(public overruns = 0) {}

  /** Records a lag in ms. @returns whether an overrun starts with this lag */
  note(lagMs: number): boolean {
    this.lagMs = Math.max(0, lagMs);
    const wasBehind = this.isBehind;
    this.isBehind = this.lagMs > OVERRUN_AFTER_MS;
    const isNewOverrun = this.isBehind && !wasBehind;
    if (isNewOverrun) this.overruns++;
    return isNewOverrun;
  }
}

/** Thrown when the clock falls behind its pace in a session whose spec has `pace.overrun` "fail". */
export class PaceOverrunError extends Error {
  override readonly name = 'PaceOverrunError';
  constructor(speed: number, time: number, lagMs: number) {
    super(
      `pace: expected the bars that close at ${new Date(time).toISOString()} at ${speed} × real time, ` +
        `was ${Math.round(lagMs)} ms late: the store or the upkeep cannot keep up (pace.overrun is "fail")`,
    );
  }
}
