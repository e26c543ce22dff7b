/**
 * Keeps a session's pace: computes when a simulated time is due, and measures how late bars are. At `pace: max` every time is
 * due at once and no bar is late. Does not move the clock.
 */
import { OverrunMeter, PaceOverrunError, PaceSchedule, TradingTime, type SessionSpec } from '@barkeep/bars';
import type { SessionLayout, StreamFigures } from '@barkeep/session-data';
import type { StreamMetrics } from '../figures/index.js';

export class PaceKeeper {
  private readonly pace: SessionSpec['pace'];
  private readonly tradingTime: TradingTime;
  private readonly meter: OverrunMeter;
  private schedule: PaceSchedule | undefined;

  constructor(
    layout: SessionLayout,
    private readonly figures: StreamFigures,
    private readonly metrics: StreamMetrics,
  ) {
    this.pace = layout.spec.pace;
    this.tradingTime = new TradingTime(layout.days);
    this.meter = new OverrunMeter(figures.overruns);
    figures.lagMs = 0; // the lag of the previous owner
  }

  /** Starts the pace with the first bars after `clock`, unless it has started: waits before this make no bar late. */
  start(clock: number): void {
    if (this.pace.mode !== 'clock') return;
    this.schedule ??= new PaceSchedule(this.tradingTime, this.pace.speed, clock, performance.now());
  }

  /** Time until a simulated time is due, ms; 0 or less when it is due. Without a pace, and before its start, every time is due. */
  dueInMs(time: number): number {
    return this.schedule ? this.schedule.dueAt(time) - performance.now() : -Infinity;
  }

  /** Records bars that were shown just now. @param closes epoch ms, in order @throws PaceOverrunError */
  delivered(closes: readonly number[]): void {
    if (!this.schedule || closes.length === 0) return;
    const latenessMs = closes.map((time) => -this.dueInMs(time));
    latenessMs.forEach((ms) => this.metrics.delivered(ms));
    this.note(latenessMs[0]!, closes[0]!); // the oldest bar is the most overdue
    this.note(latenessMs.at(-1)!, closes.at(-1)!); // the newest bar gives the lag that is shown
  }

  /** Records bars that are due and cannot be shown yet. @throws PaceOverrunError */
  overdue(close: number): void {
    if (this.schedule) this.note(-this.dueInMs(close), close);
  }

  private note(lagMs: number, time: number): void {
    const isNewOverrun = this.meter.note(lagMs);
    this.figures.overruns = this.meter.overruns;
    this.figures.lagMs = this.meter.lagMs;
    if (!isNewOverrun) return;
    this.metrics.overrun();
    if (this.pace.mode === 'clock' && this.pace.overrun === 'fail') {
      throw new PaceOverrunError(this.pace.speed, time, lagMs);
    }
  }
}
