/**
 * How far a session's clock may go, and its moves up to there. Before the last barrier the clock enters a barrier window only when the
 * watermark has passed all of it; after the last barrier it may go to the frontier. In lockstep the consumers limit it too
 * (lockstep-limit.ts).
 */
import { ConsumersChangedError, RewindError } from '@barkeep/session-data';
import type { ClockPlace, Control, StreamWait } from '@barkeep/session-data';
import { eventsOf } from './clock-places.js';
import { LockstepLimit } from './lockstep-limit.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED } from './wake-signals.js';

export class ClockLimit {
  readonly consumers: LockstepLimit;
  /** The store lets the clock move up to this time, epoch ms, as last seen. */
  storeLimit = 0;

  constructor(
    private readonly parts: Pick<StreamParts, 'consumers' | 'joining' | 'layout' | 'store' | 'wake' | 'writer'>,
    private readonly progress: StreamProgress,
  ) {
    this.consumers = new LockstepLimit(parts.layout, parts.consumers);
  }

  /** How far the clock may go, as last seen, epoch ms. */
  get time(): number {
    return Math.min(this.storeLimit, this.consumers.time);
  }

  /** Which position of the store limits the clock where it is now. */
  get limitedBy(): 'frontier' | 'watermark' {
    return this.progress.clock < this.parts.layout.barrierEnd ? 'watermark' : 'frontier';
  }

  /** Reads the limit and the control from the store. @throws RewindError, the reason of a pause or stop, what the store throws */
  async look(): Promise<void> {
    const { layout, joining } = this.parts;
    const [, { positions, frontier, control }] = await Promise.all([
      this.consumers.look(),
      this.storeFiguresAndReadPositions(),
    ]);
    this.progress.applyControl(control);
    if (joining.any) await joining.show(positions, this.progress.clock);
    const watermark = Math.min(layout.barrierEnd, ...positions.map((position) => position.watermark));
    this.storeLimit = this.limitedBy === 'watermark' ? this.barrierBefore(watermark) : frontier;
  }

  /**
   * Stores the figures and the wait, and reads the partitions' positions and the control.
   * @throws RewindError when the store lost flushed windows, FencedError after a take-over
   */
  async storeFiguresAndReadPositions() {
    const { layout, store } = this.parts;
    const { frontier: flushedTo, shownWait } = this.progress;
    const [positions, control] = await Promise.all([store.positions(), this.storeFigures(shownWait)]);
    const frontier = Math.min(...positions.map((position) => position.frontier));
    if (frontier < flushedTo) throw new RewindError(layout.id, frontier);
    return { positions, frontier, control };
  }

  /** Stores the figures and a wait, by a move that leaves the clock where it is. @returns the control */
  storeFigures(wait: StreamWait | null): Promise<Control> {
    const { clock, figures } = this.progress;
    return this.parts.writer.moveClock(clock, { from: clock, events: [], figures, wait });
  }

  /**
   * Moves the clock past these places in one call to Redis, which also emits their events.
   * @returns the control; undefined when a consumer has joined since the last look: the clock has not moved, and a look is needed
   */
  async moveClock(places: readonly ClockPlace[]): Promise<Control | undefined> {
    const { store, writer } = this.parts;
    const { clock: from, figures, dayChanges } = this.progress;
    const events = await eventsOf(places, store, dayChanges);
    const move = { from, limit: this.limitedBy, joins: this.consumers.joins, events, figures, wait: null };
    try {
      return await writer.moveClock(places.at(-1)!.time, move);
    } catch (error) {
      if (!(error instanceof ConsumersChangedError)) throw error;
      return undefined;
    }
  }

  /** Takes the limit from the messages that ended the last wait. @returns false when a message lacks it: `look` is needed */
  takeFromMessages(): boolean {
    for (const [kind, message] of this.parts.wake.messages) {
      if (kind === FLUSHED && this.limitedBy === 'frontier') this.storeLimit = this.progress.frontier;
      else if (kind !== 'consumer' || !this.consumers.takeFrom(message)) return false;
    }
    return true;
  }

  /** The end of the last barrier window that ends by the watermark; the clock's position if no further window does. */
  private barrierBefore(watermark: number): number {
    let barrier = this.progress.clock;
    for (const { to } of this.parts.layout.windowsFrom(barrier)) {
      if (to > watermark) break;
      barrier = to;
    }
    return barrier;
  }
}
