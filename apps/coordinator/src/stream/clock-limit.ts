/**
 * How far a session's clock may go: to the watermark in whole barrier windows where the session has barriers, to the
 * frontier where it has none, and never past the lead that its consumers allow. `look` reads the limit from the store.
 * Some messages of the wake channel carry it, which saves the read. Does not move the clock.
 */
import { RewindError, type Control, type PartitionPosition } from '@barkeep/session-data';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED } from './wake-signals.js';

export class ClockLimit {
  /** Bars up to here may be shown, epoch ms, as last seen. */
  store = 0;
  /** Consumers are ready for bars up to here, epoch ms, as last seen. */
  private consumers = 0;

  constructor(
    private readonly parts: Pick<StreamParts, 'joining' | 'layout' | 'lockstep' | 'store' | 'wake' | 'writer'>,
    private readonly progress: StreamProgress,
  ) {}

  /** Epoch ms. */
  get time(): number {
    return Math.min(this.store, this.consumers);
  }

  /** What the clock may not pass from where it is. */
  get kind(): 'frontier' | 'watermark' {
    return this.progress.clock < this.parts.layout.barrierEnd ? 'watermark' : 'frontier';
  }

  /** Reads the limit and the control from the store. @throws RewindError, the reason of a pause or stop, what the store throws */
  async look(): Promise<void> {
    const { layout, joining, lockstep } = this.parts;
    const { clock } = this.progress;
    const [consumers, { positions, frontier, control }] = await Promise.all([lockstep.look(), this.checkPositions()]);
    this.progress.applyControl(control);
    if (joining.any) await joining.show(positions, clock);
    const watermark = Math.min(...positions.map((position) => position.watermark));
    this.store = this.kind === 'watermark' ? this.barrierBefore(Math.min(watermark, layout.barrierEnd)) : frontier;
    this.consumers = consumers;
  }

  /**
   * Reads the partitions' positions and the control; the clock stays where it is.
   * @throws RewindError when the store lost flushed windows, FencedError after a take-over
   */
  async checkPositions(): Promise<{ positions: PartitionPosition[]; frontier: number; control: Control }> {
    const { layout, store, writer } = this.parts;
    const { clock, frontier: written, figures, shownWait: wait } = this.progress;
    const [positions, control] = await Promise.all([
      store.positions(),
      writer.moveClock(clock, { from: clock, events: [], figures, wait }),
    ]);
    this.progress.isWaitStored = wait !== null;
    const frontier = Math.min(...positions.map((position) => position.frontier));
    if (frontier < written) throw new RewindError(layout.id, frontier);
    return { positions, frontier, control };
  }

  /**
   * Takes the limit from the messages that ended the last wait.
   * @returns false when they do not carry it, and `look` is needed
   */
  onMessages(): boolean {
    const { wake, lockstep } = this.parts;
    for (const [kind, message] of wake.messages) {
      const consumers = kind === 'consumer' ? lockstep.onMessage(message) : undefined;
      if (consumers !== undefined) this.consumers = consumers;
      else if (kind === FLUSHED && this.kind === 'frontier') this.store = this.progress.frontier;
      else return false;
    }
    return true;
  }

  /** The last end of a barrier window at or before the watermark: the clock passes a window when it is complete. */
  private barrierBefore(watermark: number): number {
    let barrier = this.progress.clock;
    for (const { to } of this.parts.layout.windowsFrom(barrier)) {
      if (to > watermark) break;
      barrier = to;
    }
    return barrier;
  }
}
