/**
 * Keeps a session's pace: computes when a simulated time is due, and measures how late bars are. At `pace: max` every time is
 * due at once and no bar is late. Does not move the clock.
 */
import { OverrunMeter, PaceOverrunError, paceSchedule, tradingTimeOf } from '@barkeep/bars';
import type { SessionLayout, StreamFigures } from '@barkeep/session-data';
import type { StreamMetrics } from '../figures/index.js';

export class PaceKeeper {
  private readonly meter: OverrunMeter;
  /** When a simulated time is due; undefined without a pace and before its start. */
  private dueAt: ((time: number) => number) | undefined;

  constructor(
    private readonly layout: SessionLayout,
    private readonly figures: StreamFigures,
    private readonly metrics: StreamMetrics,
  ) {
    this.meter = new OverrunMeter(figures.overruns);
    figures.lagMs = 0; // it was the lag of the previous owner
  }

  /** Starts the pace with the first bars after `clock` (epoch ms), unless it has started: waits before this make no bar late. */
  start(clock: number): void {
    const { days, spec } = this.layout;
    if (spec.pace.mode !== 'clock') return;
    this.dueAt ??= paceSchedule(tradingTimeOf(days), spec.pace.speed, clock, performance.now());
  }

  /** Time until a simulated time is due, ms; 0 or less when it is due. -Infinity: without a pace and before its start all times are due. */
  dueInMs(time: number): number {
    return this.dueAt ? this.dueAt(time) - performance.now() : -Infinity;
  }

  /** Records bars that were shown just now. @param closes their close times, epoch ms, in order @throws PaceOverrunError */
  delivered(closes: readonly number[]): void {
    if (!this.dueAt || closes.length === 0) return;
    const lags = closes.map((time) => -this.dueInMs(time)); // ms
    lags.forEach((lagMs) => this.metrics.delivered(lagMs));
    this.noteLag(lags[0]!, closes[0]!); // the oldest bar is the most overdue
    this.noteLag(lags.at(-1)!, closes.at(-1)!); // the newest bar gives the lag that is shown
  }

  /** Records that bars are due and cannot be shown yet. @param close their close time, epoch ms @throws PaceOverrunError */
  overdue(close: number): void {
    if (this.dueAt) this.noteLag(-this.dueInMs(close), close);
  }

  private noteLag(lagMs: number, time: number): void {
    const isNewOverrun = this.meter.note(lagMs);
    this.figures.overruns = this.meter.overruns;
    this.figures.lagMs = this.meter.lagMs;
    if (!isNewOverrun) return;
    this.metrics.overrun();
    const { pace } = this.layout.spec;
    if (pace.mode === 'clock' && pace.overrun === 'fail') throw new PaceOverrunError(pace.speed, time, lagMs);
  }
}
