/**
 * Pace: when a bar is due on the wall clock, for sessions whose clock runs at `speed ×` real time.
 *
 * Trading time runs inside the segments of the trading days and stands still between them. So nights, weekends, holidays and lunch breaks
 * take no wall time: the clock stops exactly at a close and jumps to the next open. A bar is due when its close time is due:
 *
 *   due(close) = wall time of the anchor + (tradingTime(close) - tradingTime of the anchor) / speed
 *
 * The anchor is a pair of times: a simulated time, and the wall time at which it is due. Each due time is computed from the anchor, not
 * from earlier bars, so delays do not accumulate. The stream sets a new anchor when it starts, resumes after a pause, or is taken over,
 * so the time in between does not count. Pure: the wall time is an argument, in ms of any clock that does not jump.
 */
import type { TradingDay } from './calendar/index.js';

/** Trading time over consecutive trading days; times are epoch ms, durations ms. Immutable. */
export class TradingTime {
  /** All segments in order; `before` is the trading time before a segment's open, ms. */
  private readonly segments: readonly { open: number; close: number; before: number }[];

  constructor(days: readonly TradingDay[]) {
    let before = 0;
    this.segments = days.flatMap((day) =>
      day.segments.map(({ open, close }) => {
        const segment = { open, close, before };
        before += close - open;
        return segment;
      }),
    );
  }

  /** Trading time from the first open to `time`, ms; 0 before the first open, the total after the last close. */
  at(time: number): number {
    const segment = this.segments[this.segmentAt(time)];
    return segment ? segment.before + Math.min(time, segment.close) - segment.open : 0;
  }

  /** Index of the last segment that opened at `time` or before; -1 when there is none. */
  private segmentAt(time: number): number {
    let [low, high] = [0, this.segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.segments[middle]!.open <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * A schedule in which the simulated time `clock`, epoch ms, is due at the wall time `anchorWallMs`. A new anchor needs a new schedule.
 * @param speed trading time per wall time, more than 0
 * @returns a function from a simulated time, epoch ms, to when it is due, ms of wall time
 */
export function paceSchedule(tradingTime: TradingTime, speed: number, clock: number, anchorWallMs: number) {
  const anchorTradingMs = tradingTime.at(clock);
  return (time: number): number => anchorWallMs + (tradingTime.at(time) - anchorTradingMs) / speed;
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
