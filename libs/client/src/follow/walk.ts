/**
 * The state of one loop over a session's steps: which step comes next, what it delivers, and how far the consumer is. Loads
 * ahead of the loop, a day at most, and acknowledges about every half window without waiting for the answer. Knows
 * nothing of iterators.
 */
import type { Interval } from '@barkeep/bars';
import { NOTHING_DELIVERED, type ConsumerPosition, type SessionLayout } from '@barkeep/session-data';
import { BarMirror, hasEnded, SessionEndedError, type StoreFollower } from '../mirror/index.js';
import { DeliveredChain, hexOf } from './delivered.js';
import { DaysRemovedError } from './errors.js';
import type { KeptPosition } from './kept-position.js';
import { runSteps, type StepRun } from './step-rows.js';
import { lastStepAt, stepsAfter, type StepTime } from './step-times.js';
import { Step } from './step.js';

/** Base slots between two acknowledgements where no clock waits for them. */
const SLOTS_UNSAID = 120;
/** Days after that of the next step that are loaded ahead of the loop. */
const DAYS_AHEAD = 1;
/** How long the loop may run before the connections get their turn, ms. */
const TURN_MS = 2;

export class Walk {
  private readonly layout: SessionLayout;
  private readonly mirror: BarMirror;
  private readonly chain: DeliveredChain;
  private readonly intervals: readonly Interval[];
  private readonly times: Iterator<StepTime, undefined>;
  private readonly slotsUnsaidMax: number;
  private next: StepTime | undefined;
  private day = -1;
  /** Time of the last step that was answered, or of the one before the first. */
  private stepTime: number;
  private stepBars = 0;
  /** How far the consumer has been through the session. */
  private done: { time: number; hash: string; steps: number; bars: number };
  private slotsUnsaid = 0;
  private turnEnds = 0;
  private wake: () => void = () => undefined;

  /** @param start where to begin, epoch ms, where no position is kept */
  constructor(
    private readonly follower: StoreFollower,
    private readonly every: Interval,
    private readonly kept: KeptPosition | undefined,
    start: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    const { holdings } = follower.loader;
    const { layout } = holdings;
    const { time, deliveredHash, steps, bars } = kept?.start ?? startAt(start);
    this.layout = layout;
    this.mirror = new BarMirror(holdings);
    this.chain = DeliveredChain.from(deliveredHash);
    this.done = { time, hash: this.chain.current, steps, bars };
    this.intervals = [layout.base, ...[...layout.derived].sort((a, b) => a.ms - b.ms)];
    this.times = stepsAfter(layout, every, time);
    this.stepTime = lastStepAt(layout, every, time);
    const { pace } = layout.spec;
    this.slotsUnsaidMax = pace.mode === 'lockstep' ? Math.ceil(pace.window / 2) : SLOTS_UNSAID;
    follower.onProgress = () => this.wake();
    if (kept) kept.onFailure = () => this.wake();
    signal?.addEventListener('abort', this.onAbort);
    this.moveOn();
  }

  /** How far the consumer has been through the session. */
  get position(): ConsumerPosition {
    const { time, hash, steps, bars } = this.done;
    return { time, deliveredHash: hexOf(hash), steps, bars };
  }

  /** The next step, if all that it needs is loaded and the connections had their turn. */
  tryStep(): Step | undefined {
    const { next } = this;
    if (!next || next.time > this.follower.loader.holdings.loadedTo || this.interruption()) return undefined;
    return performance.now() > this.turnEnds ? undefined : this.step(next);
  }

  /** The next step, once the session shows it; undefined after the last one. @throws as followSession */
  async nextStep(): Promise<Step | undefined> {
    await new Promise((resolve) => setImmediate(resolve));
    this.turnEnds = performance.now() + TURN_MS;
    const { follower } = this;
    const { loader } = follower;
    for (;;) {
      const { next } = this;
      const interruption = this.interruption();
      if (interruption) throw interruption;
      if (!next) return undefined;
      if (next.time <= loader.holdings.loadedTo) return this.step(next);
      if (follower.end) throw follower.end;
      this.acknowledgeLoaded();
      if (hasEnded(loader.state) && loader.holdings.loadedTo >= loader.sessionClock) {
        const { state, error } = loader.state;
        if (state === 'completed') return undefined;
        throw new SessionEndedError(this.layout.id, state, error, loader.sessionClock);
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.turnEnds = performance.now() + TURN_MS;
    }
  }

  /** The step that was answered last has been dealt with. */
  stepDone(): void {
    const { done } = this;
    this.done = {
      time: this.stepTime,
      hash: this.chain.current,
      steps: done.steps + 1,
      bars: done.bars + this.stepBars,
    };
    if (!this.kept || this.slotsUnsaid < this.slotsUnsaidMax) return;
    this.slotsUnsaid = 0;
    this.kept.acknowledge(this.position);
  }

  /** Says that the consumer has been through it all. @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError */
  async end(): Promise<void> {
    await this.kept?.leave(this.position, this.signal);
  }

  close(): void {
    this.signal?.removeEventListener('abort', this.onAbort);
  }

  private readonly onAbort = (): void => this.wake();

  private step(at: StepTime): Step {
    const { holdings, missing } = this.follower.loader;
    if (missing && at.time > missing.after && this.layout.grid(at.day).open < missing.until) {
      throw new DaysRemovedError(this.layout.id, this.stepTime, missing.until);
    }
    const grid = this.layout.grid(at.day);
    const delivered = this.chain.deliver(holdings, at.time, () => this.upcoming(at.day));
    holdings.moveClock(at.time);
    if (at.day !== this.day) {
      this.day = at.day;
      this.follower.loader.trim();
    }
    this.slotsUnsaid += grid.closedBy(at.time) - grid.closedBy(this.stepTime);
    this.stepTime = at.time;
    this.stepBars = delivered.bars;
    const step = new Step(this.layout, this.every, at, delivered, this.mirror);
    this.moveOn();
    return step;
  }

  /** The next step and those after it that are loaded, on its day, as many as are put together at once. */
  private upcoming(day: number): StepRun {
    const { loadedTo, sorted } = this.follower.loader.holdings;
    const { layout, every, intervals, stepTime: after } = this;
    const grid = layout.grid(day, every);
    const baseSlots = Math.max(1, every.ms / layout.base.ms);
    const from = grid.closedBy(after);
    const end = Math.min(grid.slotCount, from + runSteps(baseSlots * sorted.length));
    const times: number[] = [];
    for (let slot = from; slot < end; slot++) {
      const time = grid.closeTime(slot);
      if (time > loadedTo) break;
      times.push(time);
    }
    return { day, after, times, intervals };
  }

  /** Goes to the next step, and lets more be loaded when that is on another day. */
  private moveOn(): void {
    const day = this.next?.day;
    const { value } = this.times.next();
    this.next = value;
    if (!value || value.day === day) return;
    this.follower.loader.nextShown = value.time;
    const last = this.layout.days.length - 1;
    this.follower.limit = this.layout.grid(Math.min(value.day + DAYS_AHEAD, last)).close;
  }

  /** No step is in what is loaded any more: the clock may go on from its end. */
  private acknowledgeLoaded(): void {
    if (!this.kept) return;
    const { loadedTo } = this.follower.loader.holdings;
    if (loadedTo > this.done.time) this.done = { ...this.done, time: loadedTo };
    this.slotsUnsaid = 0;
    this.kept.acknowledge(this.position);
  }

  /** Why the loop has to end now, whatever there is still to be seen. */
  private interruption(): Error | undefined {
    if (this.kept?.failure) return this.kept.failure;
    if (!this.signal?.aborted) return undefined;
    const reason: unknown = this.signal.reason;
    return reason instanceof Error ? reason : new Error(String(reason));
  }
}

function startAt(time: number): ConsumerPosition {
  return { time, deliveredHash: NOTHING_DELIVERED, steps: 0, bars: 0 };
}
