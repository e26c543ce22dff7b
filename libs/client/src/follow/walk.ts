/**
 * The state of one loop over a session's steps: the next step, what it delivers, and the consumer's position. Loads at most a day ahead
 * of the loop. In lockstep it acknowledges the position about twice per lead (`pace.window`), without waiting for the answer.
 */
import type { DayGrid, Interval } from '@barkeep/bars';
import { NOTHING_DELIVERED, type ConsumerPosition, type SessionLayout } from '@barkeep/session-data';
import { BarMirror, hasEnded, type Loader, SessionEndedError, type StoreFollower } from '../mirror/index.js';
import { DeliveredChain, hexOf } from './delivered.js';
import { DaysRemovedError } from './errors.js';
import type { KeptPosition } from './kept-position.js';
import { batchSteps, type StepBatch } from './step-rows.js';
import { closesBetween, lastStepAt, stepsAfter, type StepTime } from './step-times.js';
import { Step } from './step.js';

/** Base slots between two acknowledgements when the session's pace is not lockstep. */
const SLOTS_PER_ACKNOWLEDGEMENT = 120;
/** Days that are loaded after the day of the next step. */
const DAYS_AHEAD = 1;
/** How long steps run, ms, before the event loop gets a turn to serve connections. */
const TURN_MS = 2;

export class Walk {
  /** Where the walk started: at the kept position, if there is one. */
  readonly start: Omit<ConsumerPosition, 'deliveredHash'>;
  private readonly layout: SessionLayout;
  private readonly loader: Loader;
  private readonly mirror: BarMirror;
  private readonly chain: DeliveredChain;
  private readonly intervals: readonly Interval[];
  private readonly remainingSteps: Iterator<StepTime, undefined>;
  private readonly slotsPerAcknowledgement: number;
  /** The next step; undefined after the last one. */
  private next: StepTime | undefined;
  /** The day of the last returned step, as an index into the layout's days. */
  private lastDay = -1;
  /** Time of the last returned step; before the first one, of the last step at or before the start. */
  private lastTime: number;
  /** Number of base bars in the last returned step. */
  private lastBars = 0;
  /** What {@link position} returns, but with the hash as the chain has it: only `position` converts it to hex. */
  private completed: { time: number; hash: string; steps: number; bars: number };
  /** Base slots of the steps since the last acknowledgement. */
  private slotsUnacknowledged = 0;
  /** When the event loop gets its next turn, as `performance.now()`. */
  private nextTurnAt = 0;
  /** Ends the wait of {@link nextStep}. */
  private wake: () => void = () => undefined;

  /** @param start where to start without a kept position, epoch ms */
  constructor(
    private readonly follower: StoreFollower,
    private readonly every: Interval,
    private readonly kept: KeptPosition | undefined,
    start: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.loader = follower.loader;
    const { holdings } = this.loader;
    const { layout } = holdings;
    const initial: ConsumerPosition = { time: start, deliveredHash: NOTHING_DELIVERED, steps: 0, bars: 0 };
    const { time, deliveredHash, steps, bars } = kept?.start ?? initial;
    this.layout = layout;
    this.mirror = new BarMirror(holdings);
    this.chain = new DeliveredChain(deliveredHash);
    this.start = { time, steps, bars };
    this.completed = { time, hash: this.chain.current, steps, bars };
    this.intervals = [layout.base, ...[...layout.derived].sort((a, b) => a.ms - b.ms)];
    this.remainingSteps = stepsAfter(layout, every, time);
    this.lastTime = lastStepAt(layout, every, time);
    const { pace } = layout.spec; // its `window` is the lead, in base bars
    this.slotsPerAcknowledgement = pace.mode === 'lockstep' ? Math.ceil(pace.window / 2) : SLOTS_PER_ACKNOWLEDGEMENT;
    follower.onProgress = () => this.wake();
    if (kept) kept.onFailure = () => this.wake();
    signal?.addEventListener('abort', this.onAbort);
    this.advance();
  }

  /** The position after the last step that the consumer completed. */
  get position(): ConsumerPosition {
    const { time, hash, steps, bars } = this.completed;
    return { time, deliveredHash: hexOf(hash), steps, bars };
  }

  /** True when the consumer had received steps before and none is left. */
  get isAtEnd(): boolean {
    return this.next === undefined && this.start.steps > 0;
  }

  /** The next step. Undefined when the caller must await {@link nextStep}: for bars, a turn of the event loop, an error, or the end. */
  tryStep(): Step | undefined {
    const { next } = this;
    if (!next || next.time > this.loader.holdings.loadedTo) return undefined;
    if (this.interruption()) return undefined;
    const isTurnDue = performance.now() > this.nextTurnAt;
    return isTurnDue ? undefined : this.takeStep(next);
  }

  /** Gives the event loop a turn and waits until the session shows the next step; undefined after the last one. @throws as followSession */
  async nextStep(): Promise<Step | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      this.nextTurnAt = performance.now() + TURN_MS;
      const { next } = this;
      const interruption = this.interruption();
      if (interruption) throw interruption;
      if (!next) return undefined;
      if (next.time <= this.loader.holdings.loadedTo) return this.takeStep(next);
      if (this.follower.terminalError) throw this.follower.terminalError;
      this.acknowledgeLoaded();
      if (this.isSessionOver()) return undefined;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Notes that the consumer completed the last returned step. */
  stepDone(): void {
    const { steps, bars } = this.completed;
    this.completed = { time: this.lastTime, hash: this.chain.current, steps: steps + 1, bars: bars + this.lastBars };
    if (this.slotsUnacknowledged >= this.slotsPerAcknowledgement) this.acknowledge();
  }

  /** Stops listening to the signal. */
  close(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
  }

  /** Leaves at once: when the client is closed within a loop body, the connection is closed before the loop can end. */
  private readonly onAbort = (): void => {
    this.kept?.leave(this.position, this.signal).catch(() => undefined);
    this.wake();
  };

  /** Delivers a step, whose bars are loaded, and moves to the next one. @throws DaysRemovedError */
  private takeStep(at: StepTime): Step {
    const { holdings } = this.loader;
    const grid = this.layout.grid(at.day);
    this.checkHasBars(at, grid);
    const parts = this.chain.deliver(holdings, at.time, () => this.upcoming(at.day));
    holdings.moveClock(at.time); // the mirror shows this step's bars from now on
    if (at.day !== this.lastDay) {
      this.lastDay = at.day;
      // Keeps days by the step, not by what the store still has, which depends on how far the session is ahead: so all runs show the same.
      holdings.trim(this.layout.firstKeptAt(grid.open));
    }
    this.slotsUnacknowledged += grid.closedBy(at.time) - grid.closedBy(this.lastTime); // on a new day: all its closed slots
    this.lastTime = at.time;
    const step = new Step(this.layout, this.every, at, parts, this.mirror);
    this.lastBars = step.barCount;
    this.advance();
    return step;
  }

  /** @throws DaysRemovedError when the step may lack bars: it is after the start of the missing range, and its day opens before its end */
  private checkHasBars({ time }: StepTime, { open }: DayGrid): void {
    const { missing } = this.loader;
    if (missing && time > missing.after && open < missing.until) {
      throw new DaysRemovedError(this.layout.id, this.lastTime, missing.until);
    }
  }

  /** The next batch: the next step and the loaded steps after it on the same day, at most as many as fit a batch. */
  private upcoming(day: number): StepBatch {
    const { loadedTo, sorted } = this.loader.holdings;
    const { layout, every, intervals, lastTime: after } = this;
    const grid = layout.grid(day, every); // each slot of it is a step
    const baseSlotsPerStep = Math.max(1, every.ms / layout.base.ms);
    const stepsMax = batchSteps(baseSlotsPerStep * sorted.length);
    const times = closesBetween(grid, after, loadedTo, stepsMax);
    return { day, after, times, intervals };
  }

  /** Moves to the next step. When this step is on another day, raises the time up to which bars are loaded. */
  private advance(): void {
    const previousDay = this.next?.day;
    const { value: next } = this.remainingSteps.next();
    this.next = next;
    if (!next || next.day === previousDay) return;
    this.loader.nextShown = next.time;
    const dayToLoad = Math.min(next.day + DAYS_AHEAD, this.layout.days.length - 1);
    this.follower.limit = this.layout.grid(dayToLoad).close;
  }

  /** True when the session has completed and everything that it shows is loaded. @throws SessionEndedError when it ended otherwise */
  private isSessionOver(): boolean {
    const { state: reported, sessionClock, holdings } = this.loader;
    if (!hasEnded(reported) || holdings.loadedTo < sessionClock) return false;
    if (reported.state === 'completed') return true;
    throw new SessionEndedError(this.layout.id, reported.state, reported.error, sessionClock);
  }

  /** Acknowledges the time up to which bars are loaded. The next step is later, so until then the clock need not wait for this consumer. */
  private acknowledgeLoaded(): void {
    const { loadedTo } = this.loader.holdings;
    if (!this.kept) return;
    if (loadedTo > this.completed.time) this.completed = { ...this.completed, time: loadedTo };
    this.acknowledge();
  }

  private acknowledge(): void {
    this.slotsUnacknowledged = 0;
    this.kept?.acknowledge(this.position);
  }

  /** Why the loop has to end now, even if steps are loaded. */
  private interruption(): Error | undefined {
    if (!this.signal?.aborted) return this.kept?.failure;
    const reason: unknown = this.signal.reason;
    return reason instanceof Error ? reason : new Error(String(reason));
  }
}
