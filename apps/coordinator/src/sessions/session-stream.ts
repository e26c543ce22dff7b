/**
 * Streams one session from where its store stands to its end, as the one who holds its fence.
 *
 *   source rows ──► windows flushed, frontier moves ──► upkeep ──► watermark moves ──► clock moves, window by window
 *
 * Two loops run side by side. One reads and flushes windows, reading the next while the last is written, at most
 * `stagedDays` trading days ahead of the clock. The other moves the clock: behind the watermark where the session has
 * barriers, with the frontier where it has none. Both end when the session does, when it is to pause or stop, or when
 * somebody else has taken it over. Nothing is kept in memory that the store and Postgres do not know.
 */
import { quarantine, type SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import {
  RewindError,
  type Control,
  type SessionLayout,
  type SessionWriter,
  type UpkeepStore,
  type Window,
} from '@barkeep/session-data';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { DataSource } from 'typeorm';
import type { TrailingWindow } from './trailing-window.js';
import { WakeSignal } from './wake-signals.js';
import type { WindowRead, WindowReader } from './window-reader.js';

export type StreamOutcome = 'completed' | 'paused' | 'stopped';

export interface StreamParts {
  layout: SessionLayout;
  epoch: number;
  writer: SessionWriter;
  trailing: TrailingWindow;
  store: UpkeepStore;
  reader: WindowReader;
  wake: WakeSignal;
  sessions: SessionRepository<SessionSpec>;
  producer: UpkeepProducer;
  dataSource: DataSource;
  /** Trading days that may be in the store ahead of the clock. */
  stagedDays: number;
  /** Told of each window in the store, for metrics. */
  onFlushed: (bars: number) => void;
  warn: (message: string, error: unknown) => void;
}

/** Longest wait for a signal before the store is looked at anyway. */
const LOOK_AGAIN_MS = 1_000;
/** A session that waits this long for upkeep says so in its state. */
const WAITING_AFTER_MS = 300;
const CHECKPOINT_EVERY_MS = 1_000;

export class SessionStream {
  private clock = 0;
  private frontier = 0;
  private checkpointAt = 0;
  private state: 'running' | 'waiting-upkeep' = 'running';
  private readonly ended = new AbortController();
  private outcome: StreamOutcome | undefined;
  private readonly clockMoved = new WakeSignal();

  constructor(private readonly parts: StreamParts) {}

  /**
   * @param position where the store stands, as the claim answered it
   * @throws FencedError, SessionLostError, RewindError when the store is behind what was seen of it, the signal's reason,
   *   what Postgres or Redis throw
   */
  async run(position: { frontier: number; clock: number }, signal: AbortSignal): Promise<StreamOutcome> {
    ({ frontier: this.frontier, clock: this.clock } = position);
    await this.parts.trailing.follow(this.clock);
    const stop = AbortSignal.any([signal, this.ended.signal]);
    const loops = [this.streamAll(stop), this.moveClock(stop)].map((loop) =>
      loop.catch((error: unknown) => {
        this.ended.abort(error);
        throw error;
      }),
    );
    const results = await Promise.allSettled(loops);
    await this.checkpoint(0);
    if (this.outcome) return this.outcome;
    signal.throwIfAborted();
    for (const result of results) if (result.status === 'rejected') throw this.ended.signal.reason;
    return 'completed';
  }

  /** Up to here the clock follows the watermark, from here on the frontier, epoch ms: a history is always behind a barrier. */
  private get barrierEnd(): number {
    const { start, historyEnd, end, spec } = this.parts.layout;
    if (!spec.upkeep.enabled) return start;
    return spec.upkeep.barrier === 'none' ? historyEnd : end;
  }

  /** Flushes every window; begins again from what the store really holds when it turns out to hold less. */
  private async streamAll(stop: AbortSignal): Promise<void> {
    for (;;) {
      try {
        return await this.streamFrom(this.frontier, stop);
      } catch (error) {
        if (!(error instanceof RewindError)) throw error;
        this.parts.warn('the store lost its newest writes; streaming them again', error);
        this.frontier = error.frontier;
      }
    }
  }

  private async streamFrom(frontier: number, stop: AbortSignal): Promise<void> {
    let flushed: Promise<void> = Promise.resolve();
    for (const window of this.parts.layout.windowsFrom(frontier)) {
      await this.room(window, stop);
      const read = await this.parts.reader.read(window, stop);
      await flushed;
      flushed = this.flush(window, read);
      flushed.catch(() => undefined); // awaited in the next round: until then the error must not count as unhandled
    }
    await flushed;
  }

  /** Waits until the window is not too far ahead of the clock. */
  private async room(window: Window, stop: AbortSignal): Promise<void> {
    const { layout, stagedDays } = this.parts;
    const isHeld = () =>
      window.dayIndex - layout.dayIndexAt(this.clock) >= stagedDays || window.prev >= this.barrierEnd;
    while (this.clock < this.barrierEnd && isHeld()) {
      await this.clockMoved.wait(LOOK_AGAIN_MS, stop);
    }
    stop.throwIfAborted();
  }

  private async flush(window: Window, read: WindowRead): Promise<void> {
    const { layout, writer, dataSource } = this.parts;
    if (read.quarantined.length > 0) await quarantine(dataSource, layout.incarnation, read.quarantined);
    const controls = await Promise.all(read.parts.map((part) => writer.flush(window, part)));
    read.release();
    this.frontier = window.to;
    this.parts.onFlushed(read.bars);
    this.obey(controls[0]!);
    this.hintUpkeep(window, read.bars);
    if (window.to > this.barrierEnd) await this.moveTo(window.to);
    await this.checkpoint(CHECKPOINT_EVERY_MS);
  }

  /** Asks for upkeep now, when there is something to do; the session's scheduler asks again if this goes wrong. */
  private hintUpkeep({ dayIndex, fromSlot, toSlot, to }: Window, bars: number): void {
    const { layout, producer } = this.parts;
    const isDayEnd = toSlot === layout.grid(dayIndex).slotCount;
    const hasHoles = bars < (toSlot - fromSlot) * layout.spec.symbols.length;
    if (!layout.spec.upkeep.enabled || !(to <= this.barrierEnd || isDayEnd || hasHoles)) return;
    const session = { sessionId: layout.id, incarnation: layout.incarnation };
    producer
      .add('detect-gaps', { ...session, force: false })
      .catch((error: unknown) => this.parts.warn('the upkeep hint was not queued', error));
  }

  /** Moves the clock after the watermark until it is at the end; without barriers {@link flush} moves it. */
  private async moveClock(stop: AbortSignal): Promise<void> {
    const { layout, writer, store, wake } = this.parts;
    let waitingSince = Date.now();
    while (this.clock < this.barrierEnd) {
      const written = this.frontier;
      const positions = await store.positions();
      const frontier = Math.min(...positions.map((position) => position.frontier));
      // Nobody else would notice once the last window is written.
      if (frontier < written) throw new RewindError(layout.id, frontier);
      const watermark = Math.min(...positions.map((position) => position.watermark));
      const before = this.clock;
      for (const { to } of layout.windowsFrom(this.clock)) {
        if (to > watermark) break;
        await this.moveTo(to);
      }
      if (this.clock > before) {
        waitingSince = Date.now();
        await this.setState('running');
        await this.checkpoint(CHECKPOINT_EVERY_MS);
        continue;
      }
      const waitedMs = Date.now() - waitingSince;
      if (waitedMs >= WAITING_AFTER_MS) await this.setState('waiting-upkeep');
      await wake.wait(waitedMs < WAITING_AFTER_MS ? WAITING_AFTER_MS : LOOK_AGAIN_MS, stop);
      // The clock stays, but a pause, a stop or a take-over is seen.
      this.obey(await writer.moveClock(this.clock));
    }
  }

  private async moveTo(to: number): Promise<void> {
    const control = await this.parts.writer.moveClock(to);
    this.clock = to;
    await this.parts.trailing.follow(to);
    this.clockMoved.wake();
    this.obey(control);
  }

  private obey(control: Control): void {
    if (control === 'run') return;
    this.outcome = control === 'pause' ? 'paused' : 'stopped';
    this.ended.abort(new Error(`the session was ${this.outcome}`));
    this.ended.signal.throwIfAborted();
  }

  private async setState(state: 'running' | 'waiting-upkeep'): Promise<void> {
    if (state === this.state) return;
    this.state = state;
    await this.parts.sessions.setStateIfEpoch(this.parts.layout, this.parts.epoch, state);
  }

  private async checkpoint(everyMs: number): Promise<void> {
    if (Date.now() - this.checkpointAt < everyMs) return;
    this.checkpointAt = Date.now();
    const { frontier, clock } = this;
    await this.parts.sessions.saveCheckpoint(this.parts.layout, this.parts.epoch, { frontier, clock });
  }
}
