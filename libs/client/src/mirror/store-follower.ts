/**
 * Keeps the holdings (the loaded bars) of a mirror up to date with a session: loads bars that become visible, up to a limit, and reloads
 * bars that change. One load runs at a time; a request during a load is served after it. The owner of the follower moves the mirror's clock.
 */
import { dayAtClock, SessionLostError, type SessionLayout } from '@barkeep/session-data';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { OneAtATime } from '../one-at-a-time.js';
import { Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage.js';
import { EventWatch } from './event-watch.js';
import { Loader, type LoaderOptions } from './loader.js';
import type { EntryEffect } from './stream-entry.js';

/** The longest time between two checks, ms. Events are not enough: a deleted session emits none. */
const CHECK_MS = 1_000;
/** How long Redis may be unavailable at the start, ms. It is short, because the address may be wrong. */
const BEGIN_LIMIT_MS = 5_000;

interface StoreFollowerOptions extends LoaderOptions {
  /** No bar that closes after this time is loaded, epoch ms. @default no limit */
  limit?: number;
  /** Closes the follower. */
  signal?: AbortSignal;
}

export class StoreFollower {
  readonly loader: Loader;
  /** Called after every load and after every failure. */
  onProgress: () => void = () => undefined;
  /** Why the last load failed; undefined when it succeeded. */
  failure: Error | undefined;
  /** Why retrying is pointless; undefined after a success and during a short outage. */
  terminalError: Error | undefined;
  private readonly events: EventWatch;
  private readonly outage: Outage;
  private readonly catchingUp = new OneAtATime(() => this.load());
  private retryTimer: NodeJS.Timeout | undefined;
  private currentLimit: number;
  /** A lower bound of the session's clock, from its events, epoch ms. */
  private clockFromEvents = -Infinity;
  /** When the last load started, as `performance.now()`; at first, when the follower was made. */
  private checkedAt = performance.now();
  private hasStartedLoad = false;
  private isClosed = false;

  private constructor(
    redis: Redis,
    layout: SessionLayout,
    private readonly options: StoreFollowerOptions,
  ) {
    this.currentLimit = options.limit ?? Infinity;
    this.loader = new Loader(redis, layout, { ...options, onAnswer: () => this.outage.answered() });
    this.outage = new Outage(redis, layout.id);
    this.events = new EventWatch(redis);
  }

  /** Starts to follow a session; loads no bars yet. @throws SessionLostError, SessionRedisAwayError, the signal's reason */
  static async open(redis: Redis, layout: SessionLayout, options: StoreFollowerOptions): Promise<StoreFollower> {
    const { signal } = options;
    const beginOutage = new Outage(redis, layout.id, BEGIN_LIMIT_MS);
    const follower = new StoreFollower(redis, layout, options);
    try {
      await retryOutages(beginOutage, () => follower.loader.begin(), signal);
      signal?.throwIfAborted();
    } catch (error) {
      follower.close();
      throw error;
    }
    signal?.addEventListener('abort', follower.close);
    void follower.watch();
    return follower;
  }

  /** Sets the time up to which bars are loaded, epoch ms. Starts the first load, and a load when the session shows more than is loaded. */
  set limit(time: number) {
    this.currentLimit = time;
    const { holdings, sessionClock } = this.loader;
    const hasMore = Math.max(this.clockFromEvents, sessionClock) > holdings.loadedTo;
    if (hasMore || !this.hasStartedLoad) void this.catchUp();
  }

  /** Loads up to the limit. Resolves when everything that is visible now is loaded, or when the load failed. */
  catchUp(): Promise<void> {
    return this.catchingUp.request();
  }

  /** Closes the connections and stops. Bound to this object, as it also listens to the signal. */
  readonly close = (): void => {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    this.options.signal?.removeEventListener('abort', this.close);
    this.events.close();
    this.loader.reads.close();
  };

  private async load(): Promise<void> {
    if (this.isClosed) return;
    const { loader, outage } = this;
    this.checkedAt = performance.now();
    this.hasStartedLoad = true;
    try {
      // Bars after the limit are not loaded, also when the session's clock is known to be later.
      await outage.run(() => loader.refresh(Math.min(this.clockFromEvents, this.currentLimit)));
      while (!this.isClosed && (await outage.run(() => loader.loadPiece(this.currentLimit))));
      this.failure = undefined;
      this.terminalError = undefined;
      this.onProgress();
    } catch (error) {
      this.onError(error);
    }
  }

  /** Retries after every error but the loss of the session. Uses a timer, because the connection that waits for events may be down too. */
  private onError(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error));
    if (this.isClosed) return;
    this.terminalError = this.outage.failed(error);
    if (error instanceof SessionLostError) this.close();
    else {
      clearTimeout(this.retryTimer);
      this.retryTimer = setTimeout(() => void this.catchUp(), OUTAGE_RETRY_MS);
    }
    this.onProgress();
  }

  /** Catches up after each relevant event, after a failed read, and at least every {@link CHECK_MS}. */
  private async watch(): Promise<void> {
    const lastIds = this.loader.lastIds();
    while (!this.isClosed) {
      let isLoadDue = true;
      try {
        // A change in another partition does not end this read, so it blocks only until the next check.
        const blockMs = Math.ceil(Math.max(1, this.checkedAt + CHECK_MS - performance.now()));
        const effects = await this.events.next(lastIds, blockMs);
        const isCheckDue = performance.now() - this.checkedAt >= CHECK_MS;
        isLoadDue = this.noteEffects(effects) || isCheckDue;
      } catch {
        // The connection was cut; ioredis reconnects. The delay keeps this loop from spinning when a server answers with errors.
        if (!this.isClosed) await delay(OUTAGE_RETRY_MS, undefined, { ref: false });
      }
      if (isLoadDue && !this.isClosed) await this.catchUp();
    }
  }

  /** Notes the effects of new events. @returns whether a load is due */
  private noteEffects(effects: readonly EntryEffect[]): boolean {
    let isLoadDue = false;
    for (const effect of effects) {
      if (effect === 'none') continue;
      if (effect === 'other') isLoadDue = true;
      else if ('clock' in effect) isLoadDue = this.noteClock(effect.clock) || isLoadDue;
      else isLoadDue ||= this.mayHoldBarsOf(effect.changedDate);
    }
    return isLoadDue;
  }

  /** Notes a clock of the session. @returns whether it shows bars that are not loaded, or whether the store was set back */
  private noteClock(clock: number): boolean {
    const isSetBack = clock < this.clockFromEvents;
    this.clockFromEvents = clock;
    const { loadedTo } = this.loader.holdings;
    return isSetBack || (clock > loadedTo && loadedTo < this.currentLimit);
  }

  /** Whether bars of a day are held, or are being loaded: a load that is under way may have read them before they changed. */
  private mayHoldBarsOf(date: string): boolean {
    const { loadedTo, layout } = this.loader.holdings;
    return this.catchingUp.isRunning || date <= layout.day(dayAtClock(layout, loadedTo)).date;
  }
}
