/**
 * The loop that brings a session's source into its store: reads window after window, and writes each one while it reads the next. Stays
 * at most `stagedDays` trading days ahead of the clock, so that memory is bounded (invariant I8 of docs/ARCHITECTURE.md).
 */
import { quarantine } from '@barkeep/bar-repository';
import { RewindError, type SessionLayout, type Window } from '@barkeep/session-data';
import { hintUpkeep } from '../lifecycle/index.js';
import type { PrefetchedWindows, WindowRead } from '../source/index.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { FLUSHED, LOOK_AGAIN_MS } from './wake-signals.js';

/** How many times one `run` restarts after the store lost writes. */
const RESTARTS_MAX = 10;

type Windows = Pick<PrefetchedWindows, 'read' | 'close'>;

interface FrontierSource {
  windowsFrom(frontier: number): Windows;
  /** Called after the store lost data: any partition may lack windows now. */
  forgetFrontiers(): void;
}

export class FrontierLoop {
  constructor(
    private readonly parts: StreamParts,
    private readonly source: FrontierSource,
    private readonly progress: StreamProgress,
  ) {}

  /**
   * Flushes every window. When a flush finds that the store lost earlier windows, the loop streams again from the store's
   * frontier, up to {@link RESTARTS_MAX} times: after that the stream ends with the error, and the queue retries the job.
   * @throws RewindError, the signal's reason (a RewindError too, when the clock loop found the store set back), what the store throws
   */
  async run(stop: AbortSignal): Promise<void> {
    for (let restarts = 0; ; restarts++) {
      const windows = this.source.windowsFrom(this.progress.frontier);
      try {
        await this.streamFrom(this.progress.frontier, windows, stop);
        return await this.parts.outside.finish(this.progress.frontier);
      } catch (error) {
        if (!(error instanceof RewindError) || stop.aborted || restarts >= RESTARTS_MAX) throw error;
        this.parts.warn('the store lost its newest writes; streaming them again', error);
        this.progress.frontier = error.frontier;
        this.source.forgetFrontiers();
      } finally {
        await windows.close();
      }
    }
  }

  /** Flushes the windows after `frontier` (epoch ms). Each window is read while the window before it is flushed. */
  private async streamFrom(frontier: number, windows: Windows, stop: AbortSignal): Promise<void> {
    let flushing: Promise<void> = Promise.resolve();
    for (const window of this.parts.layout.windowsFrom(frontier)) {
      await this.waitForClock(window, stop);
      const read = await windows.read(window, stop);
      await flushing;
      flushing = this.flushTraced(window, read);
      flushing.catch(() => undefined); // awaited later: until then its error must not count as unhandled
    }
    await flushing;
  }

  /** Waits until the window is at most `stagedDays` ahead of the clock. */
  private async waitForClock(window: Window, stop: AbortSignal): Promise<void> {
    const { layout, stagedDays } = this.parts;
    while (window.dayIndex - layout.dayIndexAt(this.progress.clock) >= stagedDays) {
      await this.progress.clockMoved.wait(LOOK_AGAIN_MS, stop);
    }
    stop.throwIfAborted();
  }

  /** Flushes a window. If slots lack their bars, the flush starts the trace of their repair. */
  private flushTraced(window: Window, read: WindowRead): Promise<void> {
    const { layout, tracing } = this.parts;
    if (!hasHoles(layout, window, read.bars)) return this.flush(window, read);
    const attributes = { 'barkeep.session': layout.id, 'barkeep.date': layout.day(window.dayIndex).date };
    return tracing.span('stream window', attributes, () => this.flush(window, read), /* isRoot */ true);
  }

  private async flush(window: Window, read: WindowRead): Promise<void> {
    const { layout, writer, dataSource, metrics, wake, joining } = this.parts;
    if (read.quarantined.length > 0) await quarantine(dataSource, layout.incarnation, read.quarantined);
    const controls = await Promise.all(read.parts.map((part) => writer.flush(window, part)));
    read.release();
    this.progress.frontier = window.to;
    // A window before the clock is read again for a symbol that was added later: it is no day change.
    const isCatchingUp = window.to <= this.progress.clock;
    if (window.fromSlot === 0 && !isCatchingUp) this.progress.dayChanges.dayStored(window.dayIndex);
    metrics.flushed(read.bars, read.refused);
    this.progress.applyControl(controls[0] ?? 'run'); // the control is kept in the first partition
    if (wantsUpkeep(layout, window, read.bars)) hintUpkeep(this.parts);
    // Up to the last barrier upkeep wakes the clock. After it, and while a symbol joins, the clock loop waits for the frontier.
    if (window.to > layout.barrierEnd || joining.any) wake.notify(FLUSHED);
    this.parts.outside.countInBackground(window.to);
    await this.progress.checkpoint();
  }
}

/** Whether upkeep has work in a window: it ends a barrier or a day, or lacks bars. @param bars how many the window has */
function wantsUpkeep(layout: SessionLayout, window: Window, bars: number): boolean {
  const isDayEnd = window.toSlot === layout.grid(window.dayIndex).slotCount;
  return window.to <= layout.barrierEnd || isDayEnd || hasHoles(layout, window, bars);
}

/** Whether slots of a window have no bar. @param bars how many the window has */
function hasHoles({ symbols }: SessionLayout, { fromSlot, toSlot }: Window, bars: number): boolean {
  return bars < (toSlot - fromSlot) * symbols.length;
}
