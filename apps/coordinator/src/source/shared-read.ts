/**
 * One read of a window on behalf of several sessions. It belongs to none of them: whoever no longer wants it leaves, the others go on
 * waiting, and when nobody waits any more it is given up.
 */
import { SilentSourceError } from './silence.js';
import type { WindowRead } from './window-read.js';

/** Reads into what it was made with. */
export type ReadWork = (into: WindowRead, signal: AbortSignal, heard: () => void) => Promise<void>;

export class SharedRead {
  private readonly listeners = new Set<() => void>();
  private readonly givenUp = new AbortController();
  private readonly reading: Promise<void>;
  private isDone = false;

  /**
   * Begins to read.
   * @param version of the dataset, looked up before this
   * @param rows empty, in memory that is used once
   * @param ended is called when it failed or was given up: nobody may join it any more
   */
  constructor(
    readonly version: string,
    readonly rows: WindowRead,
    work: ReadWork,
    private readonly ended: () => void,
  ) {
    this.reading = this.run(work);
    this.reading.catch(() => undefined); // those who wait hear of it
  }

  /**
   * Waits until it is read, and gives `into` its rows. When the source was silent for too long for this session, that gets what came.
   * @param heard is called whenever something comes @throws the signal's reason, what the reading throws
   */
  async wait(into: WindowRead, signal: AbortSignal, heard: () => void): Promise<void> {
    signal.throwIfAborted();
    if (!this.isDone) {
      await this.whileListening(signal, heard, () => {
        // At once: in a moment the next rows are there.
        if (signal.reason instanceof SilentSourceError) into.copy(this.rows);
      });
    }
    into.share(this.rows);
  }

  private async whileListening(signal: AbortSignal, heard: () => void, aborted: () => void): Promise<void> {
    const left = new AbortController();
    // One a call: two windows of a session may not take each other's place.
    const listener = () => heard();
    this.listeners.add(listener);
    const leaving = new Promise<never>((_, reject) => {
      const leave = () => {
        aborted();
        this.leave(listener);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true, signal: left.signal });
    });
    try {
      await Promise.race([this.reading, leaving]);
    } finally {
      left.abort();
      this.listeners.delete(listener);
    }
  }

  private leave(listener: () => void): void {
    this.listeners.delete(listener);
    if (this.listeners.size > 0 || this.isDone) return;
    this.ended();
    this.givenUp.abort(new Error('nobody waits for the window any more'));
  }

  private async run(work: ReadWork): Promise<void> {
    try {
      await work(this.rows, this.givenUp.signal, () => {
        for (const heard of this.listeners) heard();
      });
      this.isDone = true;
    } catch (error) {
      this.ended();
      throw error;
    }
  }
}
