/**
 * Keeps holdings up to date with a session: blocks on its events on one connection, and loads what becomes visible on another, up to a
 * limit. One load runs at a time; a request during a load runs after it. Does not move the mirror's clock: it reports progress to the object that does.
 */
import { dayAtClock, bulkOptions, endTimerOnClose, SessionLostError, type SessionLayout } from '@barkeep/session-data';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { isChange, newsOf, type News } from './event-tail.js';
import { OneAtATime, Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage.js';
import { Loader, type LoaderOptions } from './loader.js';
import type { StreamEntry } from './session-state.js';

/** How long one read of the session's events blocks, ms. A deleted session emits nothing, so the follower also has to check. */
const BLOCK_MS = 1_000;
const ENTRIES = 1_000;
/** How long Redis may be unavailable at the start, ms: short, because its address may be wrong. */
const BEGIN_LIMIT_MS = 5_000;

/** The options of a follower. */
export interface StoreFollowerOptions extends LoaderOptions {
  /** Nothing after this time is loaded, epoch ms. @default no limit */
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
  /** The error that ends following. An outage becomes one only when it lasts too long. */
  end: Error | undefined;
  /** The connection that blocks on events. */
  private readonly blocking: Redis;
  private readonly outage: Outage;
  private readonly catchingUp = new OneAtATime(() => this.work());
  private retry: NodeJS.Timeout | undefined;
  private currentLimit: number;
  /** A lower bound of the session's clock, from its events. */
  private hint = -Infinity;
  private checkedAt = performance.now();
  private hasChecked = false;
  private isClosed = false;

  private constructor(
    redis: Redis,
    layout: SessionLayout,
    private readonly options: StoreFollowerOptions,
  ) {
    this.currentLimit = options.limit ?? Infinity;
    this.loader = new Loader(redis, layout, options);
    this.outage = new Outage(redis, layout.id);
    this.blocking = redis.duplicate({
      ...bulkOptions(redis.options),
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      lazyConnect: true,
    });
    // ioredis reconnects. The connection that loads bars reports the error.
    endTimerOnClose(this.blocking).on('error', () => undefined);
  }

  /** Starts to follow a session; loads no bars yet. @throws SessionLostError, SessionRedisAwayError, the signal's reason */
  static async open(redis: Redis, layout: SessionLayout, options: StoreFollowerOptions): Promise<StoreFollower> {
    const { signal } = options;
    const beginning = new Outage(redis, layout.id, BEGIN_LIMIT_MS);
    const follower = new StoreFollower(redis, layout, options);
    try {
      await retryOutages(beginning, () => follower.loader.begin(), signal);
      signal?.throwIfAborted();
    } catch (error) {
      follower.close();
      throw error;
    }
    signal?.addEventListener('abort', follower.close);
    void follower.watch();
    return follower;
  }

  /** Nothing after this time is loaded, epoch ms. Starts a load when one is due. */
  set limit(time: number) {
    this.currentLimit = time;
    const { holdings, sessionClock } = this.loader;
    const isMore = Math.max(this.hint, sessionClock) > holdings.loadedTo;
    if (isMore || !this.hasChecked) void this.catchUp();
  }

  /** Loads up to the limit. Resolves when everything that is visible now is loaded, or when the load failed. */
  catchUp(): Promise<void> {
    return this.catchingUp.request();
  }

  /** Closes the connections and stops. */
  readonly close = (): void => {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.options.signal?.removeEventListener('abort', this.close);
    this.blocking.disconnect();
    this.loader.close();
  };

  private async work(): Promise<void> {
    if (this.isClosed) return;
    const { loader } = this;
    this.checkedAt = performance.now();
    this.hasChecked = true;
    try {
      await loader.refresh(Math.min(this.hint, this.currentLimit));
      while (!this.isClosed && (await loader.loadPiece(this.currentLimit)));
      this.failure = undefined;
      this.end = undefined;
      this.outage.succeeded();
      this.onProgress();
    } catch (error) {
      this.onError(error);
    }
  }

  /** Retries after an outage. Uses a timer, because the connection that blocks on events may be down too. */
  private onError(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error));
    if (this.isClosed) return;
    this.end = this.outage.terminalError(error);
    if (error instanceof SessionLostError) this.close();
    else {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.catchUp(), OUTAGE_RETRY_MS);
    }
    this.onProgress();
  }

  /** Catches up after each relevant event, and at least every {@link BLOCK_MS}. */
  private async watch(): Promise<void> {
    const { events } = this.loader.holdings.layout.keysOf(0);
    const last = this.loader.lastIds();
    while (!this.isClosed) {
      try {
        // Changes in other partitions add no entry to these streams, so the read blocks only until the next check is due.
        const block = Math.ceil(Math.max(1, this.checkedAt + BLOCK_MS - performance.now()));
        const places = [...last.keys(), ...last.values()];
        const reply = await this.blocking.xread('COUNT', ENTRIES, 'BLOCK', block, 'STREAMS', ...places);
        let isNews = performance.now() - this.checkedAt >= BLOCK_MS;
        for (const [key, entries] of (reply ?? []) as [string, StreamEntry[]][]) {
          last.set(key, entries.at(-1)?.[0] ?? last.get(key)!);
          for (const [, fields] of entries) {
            if (key === events && isChange(fields)) continue;
            isNews = this.isRelevant(newsOf(fields)) || isNews;
          }
        }
        if (!isNews) continue;
      } catch {
        // The connection was cut; ioredis reconnects. The delay keeps this loop from spinning on a server that answers with errors.
        if (!this.isClosed) await delay(OUTAGE_RETRY_MS, undefined, { ref: false });
      }
      if (!this.isClosed) await this.catchUp();
    }
  }

  /** Whether an event requires a load. A change of bars that are not loaded yet does not. */
  private isRelevant(news: News): boolean {
    const { loadedTo, layout } = this.loader.holdings;
    if (news.clock !== undefined) {
      const isSetBack = news.clock < this.hint;
      this.hint = news.clock;
      return isSetBack || (news.clock > loadedTo && loadedTo < this.currentLimit);
    }
    if (news.date === undefined) return news.isUnsure;
    // A load that is under way may have read the bars from before the change.
    return this.catchingUp.isRunning || news.date <= layout.day(dayAtClock(layout, loadedTo)).date;
  }
}
