/**
 * One read of a window for several sessions. No session owns it: when a session is stopped, the others continue to wait. When the
 * last one stops waiting, the read is aborted.
 */
import { orAborted } from '@barkeep/bars';
import { SilentSourceError } from './silence.js';
import type { ReadTask, WindowRead } from './window-read.js';

export type ReadWork = (task: ReadTask) => Promise<void>;

export class SharedRead {
  /** The progress listeners of the sessions that wait. */
  private readonly listeners = new Set<() => void>();
  private readonly aborting = new AbortController();
  private readonly reading: Promise<void>;
  private isDone = false;

  /**
   * Starts the read.
   * @param version the dataset's version, looked up before the read
   * @param sharedWindow receives the bars: empty at first, and its memory is never reused
   * @param onFailure is called when the read failed or was aborted, perhaps twice: no session may join it after that
   */
  constructor(
    readonly version: string,
    private readonly sharedWindow: WindowRead,
    work: ReadWork,
    private readonly onFailure: () => void,
  ) {
    this.reading = this.run(work);
    this.reading.catch(() => undefined); // the waiting sessions receive the error
  }

  /**
   * Waits for the end of the read and puts its bars into `task.into`. When the source is silent for longer than this session allows, the
   * window gets the bars that have come so far, and this method throws. @throws the signal's reason, what the read throws
   */
  async wait(task: ReadTask): Promise<void> {
    task.signal.throwIfAborted();
    if (!this.isDone) await this.waitForEnd(task);
    task.into.takeOver(this.sharedWindow);
  }

  /** Waits for the read in progress, or until the session stops waiting. */
  private async waitForEnd({ into, signal, onProgress }: ReadTask): Promise<void> {
    // Each call has its own listener: one session may wait for two windows with the same function.
    const listener = () => onProgress();
    this.listeners.add(listener);
    const onAbort = () => {
      // Copied in the abort event itself: after an await the window could have more rows.
      if (signal.reason instanceof SilentSourceError) into.copyFrom(this.sharedWindow);
      this.leave(listener);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await orAborted(() => this.reading, signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.listeners.delete(listener);
    }
  }

  /** Ends the part of one session in the read; the last one to leave aborts the read. */
  private leave(listener: () => void): void {
    this.listeners.delete(listener);
    if (this.listeners.size > 0 || this.isDone) return;
    this.onFailure();
    this.aborting.abort(new Error('no session waits for the window any more'));
  }

  private async run(work: ReadWork): Promise<void> {
    const onProgress = () => {
      for (const listener of this.listeners) listener();
    };
    try {
      await work({ into: this.sharedWindow, signal: this.aborting.signal, onProgress });
      this.isDone = true;
    } catch (error) {
      this.onFailure();
      throw error;
    }
  }
}
