/** A copy of a session in this process. It follows the session's clock, and also shows bars that are backfilled or arrive late. */
import { SessionLostError, type OpenSession } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { checkSignal } from '../check-arguments.js';
import { ArgumentError } from '../errors.js';
import { BarMirror } from './bar-mirror.js';
import { hasEnded, SessionEndedError } from './session-state.js';
import { StoreFollower } from './store-follower.js';

/** The mirror was closed by this program. */
export class MirrorClosedError extends Error {
  override readonly name = 'MirrorClosedError';
  constructor(
    /** The session. */
    readonly sessionId: string,
  ) {
    super(`session ${sessionId}: its mirror was closed`);
  }
}

/** How a mirror is kept. */
export interface MirrorOptions {
  /**
   * Trading days that are held in addition to the day of the clock; older ones are dropped.
   * @default as many as fit 512 MiB, at 64 bytes per bar
   */
  keepDays?: number;
}

/** A session's bars in this process, as of the session's clock. */
export class Mirror extends BarMirror {
  /** Wake the pending calls of {@link waitFor}. */
  private readonly wakers: (() => void)[] = [];
  private readonly listeners = new Set<(mirror: Mirror) => void>();
  /** `changes` of the holdings when the listeners were last called; -1 before the first time. */
  private notifiedChanges = -1;
  private isClosed = false;

  private constructor(
    private readonly follower: StoreFollower,
    private readonly signal: AbortSignal | undefined,
  ) {
    super(follower.loader.holdings);
    signal?.addEventListener('abort', this.onAbort);
    if (signal?.aborted) this.close();
  }

  /**
   * Opens a mirror of a session. When this resolves, the mirror holds everything up to the session's clock. It then follows on
   * two connections that it opens, until {@link Mirror.close}.
   * @param redis a connection to the session Redis; the mirror sends no blocking command on it
   * @param signal closes the mirror; pending calls are rejected with its reason
   * @throws SessionLostError, KeepDaysError
   */
  static async open(
    redis: Redis,
    session: OpenSession,
    options: MirrorOptions = {},
    signal?: AbortSignal,
  ): Promise<Mirror> {
    checkSignal(signal);
    const follower = await StoreFollower.open(redis, session.layout, { keepDays: options.keepDays, signal });
    const mirror = new Mirror(follower, signal);
    follower.onProgress = () => mirror.showProgress();
    try {
      await mirror.update();
    } catch (error) {
      mirror.close();
      throw error;
    }
    return mirror;
  }

  /** Loads what the session shows now. @returns the clock, epoch ms @throws SessionLostError, MirrorClosedError, the connection's error */
  async update(): Promise<number> {
    if (this.isClosed) throw this.closedError();
    await this.follower.catchUp();
    if (this.follower.failure) throw this.signal?.aborted ? this.closedError() : this.follower.failure;
    return this.clock;
  }

  /**
   * Waits until the mirror's clock is at `time`, epoch ms, or later. @returns the clock, epoch ms
   * @throws ArgumentError, SessionEndedError when the session ended or ends before `time`, SessionLostError, MirrorClosedError
   */
  async waitFor(time: number): Promise<number> {
    // No clock is ever at or after NaN, and JavaScript callers may pass undefined, for which this comparison is false as well.
    if (!(time >= -Infinity)) throw new ArgumentError('time', 'epoch milliseconds', time);
    while (this.clock < time) {
      const error = this.whyUnreachable(time);
      if (error) throw error;
      await new Promise<void>((resolve) => this.wakers.push(resolve));
    }
    return this.clock;
  }

  /**
   * Calls `listener` when the clock moved or shown bars changed. An error of the listener becomes an uncaught exception of the
   * program; the mirror continues. @returns a function that removes the listener @throws ArgumentError
   */
  onChange(listener: (mirror: Mirror) => void): () => void {
    if (typeof listener !== 'function') throw new ArgumentError('listener', 'a function', listener);
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Stops following and closes its connections. Held bars can still be read. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.follower.close();
    this.wakeWaiting();
    this.listeners.clear();
  }

  private readonly onAbort = (): void => this.close();

  private closedError(): Error {
    const reason: unknown = this.signal?.aborted ? this.signal.reason : undefined;
    return reason instanceof Error ? reason : new MirrorClosedError(this.layout.id);
  }

  /** Shows what was loaded, or the loss of the session; wakes waiting calls and calls the listeners. */
  private showProgress(): void {
    const { holdings, reads } = this.follower.loader;
    if (this.follower.failure instanceof SessionLostError) holdings.lost = this.follower.failure;
    holdings.moveClock(holdings.loadedTo);
    holdings.trim(reads.firstKept);
    this.wakeWaiting();
    if (holdings.changes === this.notifiedChanges && !holdings.lost) return;
    this.notifiedChanges = holdings.changes;
    for (const listener of this.listeners) this.notify(listener);
  }

  /** Calls a listener. Throws its error in a microtask, so that the mirror continues. */
  private notify(listener: (mirror: Mirror) => void): void {
    try {
      listener(this);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  private wakeWaiting(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }

  /** Why the clock will never reach a time; undefined while it may. */
  private whyUnreachable(time: number): Error | undefined {
    const { id, end } = this.layout;
    const { holdings, state, sessionClock } = this.follower.loader;
    if (holdings.lost) return holdings.lost;
    if (this.isClosed) return this.closedError();
    // The last bars of an ended session may not be loaded yet.
    if (hasEnded(state) && holdings.loadedTo >= sessionClock)
      return new SessionEndedError(id, state.state, state.error, this.clock);
    return time > end ? new SessionEndedError(id, 'over', 'the awaited time is after its last close', end) : undefined;
  }
}
