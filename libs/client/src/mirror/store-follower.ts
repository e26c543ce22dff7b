/**
 * Keeps holdings up with a session: waits on its events, on a connection of its own, and loads, on another one, what becomes
 * visible, up to a limit. Guarantees that one load runs at a time, and that what was asked for while one ran is done after it. Does not move
 * the mirror's clock; whoever does is told of all progress.
 */
import { dayAtClock, quickBeside, SessionLostError, type SessionLayout } from '@barkeep/session-data';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { newsOf, type News, type StreamEntry } from './event-tail.js';
import { OneAtATime, Outage, OUTAGE_RETRY_MS, throughOutages } from '../outage/index.js';
import type { LoaderOptions } from './loader-options.js';
import { Loader } from './loader.js';

/** How long the session's events are waited for at a time, ms: a session that was deleted says nothing any more. */
const BLOCK_MS = 1_000;
const ENTRIES = 1_000;
/** How long Redis may be away when a session begins to be followed, ms: its address may be wrong. */
const BEGIN_LIMIT_MS = 5_000;

/** How a session is followed. */
export interface StoreFollowerOptions extends LoaderOptions {
  /** Nothing after it is loaded, epoch ms. @default everything is loaded */
  limit?: number;
  /** Ends it. */
  signal?: AbortSignal;
}

export class StoreFollower {
  readonly loader: Loader;
  /** Called after everything that was taken in, and after every failure. */
  onProgress: () => void = () => undefined;
  /** Why the last look failed; undefined when it did not. */
  failure: Error | undefined;
  /** Why nothing more will come: an outage ends within its time, or is one of the reasons. */
  end: Error | undefined;
  private readonly waiting: Redis;
  private readonly outage: Outage;
  private readonly catchingUp = new OneAtATime(() => this.work());
  private retry: NodeJS.Timeout | undefined;
  private limitNow: number;
  /** Where the session's clock is at least, as its events said. */
  private hint = -Infinity;
  private lookedAt = performance.now();
  private hasLooked = false;
  private isClosed = false;

  private constructor(
    redis: Redis,
    layout: SessionLayout,
    private readonly options: StoreFollowerOptions,
  ) {
    this.limitNow = options.limit ?? Infinity;
    this.loader = new Loader(redis, layout, options);
    this.outage = new Outage(redis, layout.id);
    this.waiting = redis.duplicate({
      ...quickBeside(redis.options),
      maxRetriesPerRequest: null,
      commandTimeout: undefined,
      lazyConnect: true,
    });
    // It connects again by itself; what is wrong shows where the bars are read.
    this.waiting.on('error', () => undefined);
  }

  /** Begins to follow a session; nothing is loaded yet. @throws SessionLostError, SessionRedisAwayError, the signal's reason */
  static async open(redis: Redis, layout: SessionLayout, options: StoreFollowerOptions): Promise<StoreFollower> {
    const { signal } = options;
    const beginning = new Outage(redis, layout.id, BEGIN_LIMIT_MS);
    const follower = new StoreFollower(redis, layout, options);
    try {
      await throughOutages(beginning, () => follower.loader.begin(), signal);
      signal?.throwIfAborted();
    } catch (error) {
      follower.close();
      throw error;
    }
    signal?.addEventListener('abort', follower.close);
    void follower.watch();
    return follower;
  }

  /** Nothing after it is loaded, epoch ms. When there is more it is loaded, and when nothing was looked at yet. */
  set limit(time: number) {
    this.limitNow = time;
    const { holdings, sessionClock } = this.loader;
    const isMore = Math.max(this.hint, sessionClock) > holdings.loadedTo;
    if (isMore || !this.hasLooked) void this.catchUp();
  }

  /** Looks at the session and loads up to the limit; done when all that is there now has been taken in, or failed. */
  catchUp(): Promise<void> {
    return this.catchingUp.ask();
  }

  /** Ends it. */
  readonly close = (): void => {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.options.signal?.removeEventListener('abort', this.close);
    this.waiting.disconnect();
    this.loader.close();
  };

  private async work(): Promise<void> {
    if (this.isClosed) return;
    const { loader } = this;
    this.lookedAt = performance.now();
    this.hasLooked = true;
    try {
      await loader.look(Math.min(this.hint, this.limitNow));
      while (!this.isClosed && (await loader.loadPiece(this.limitNow)));
      this.failure = undefined;
      this.end = undefined;
      this.outage.over();
      this.onProgress();
    } catch (error) {
      this.failed(error);
    }
  }

  /** An outage is not the end: it is tried again, also while the other connection, on which it is waited, is away. */
  private failed(error: unknown): void {
    this.failure = error instanceof Error ? error : new Error(String(error));
    if (this.isClosed) return;
    this.end = this.outage.endedBy(error);
    if (error instanceof SessionLostError) this.close();
    else {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.catchUp(), OUTAGE_RETRY_MS);
    }
    this.onProgress();
  }

  /** Catches up whenever the session says something, and once in a while when it does not. */
  private async watch(): Promise<void> {
    const key = this.loader.holdings.layout.keysOf(0).events;
    let last = this.loader.lastEventId;
    while (!this.isClosed) {
      try {
        // What nobody says here, such as what changed in another partition, is looked for all the same.
        const block = Math.ceil(Math.max(1, this.lookedAt + BLOCK_MS - performance.now()));
        const reply = await this.waiting.xread('COUNT', ENTRIES, 'BLOCK', block, 'STREAMS', key, last);
        const entries: StreamEntry[] = reply?.[0]?.[1] ?? [];
        last = entries.at(-1)?.[0] ?? last;
        let isNews = performance.now() - this.lookedAt >= BLOCK_MS;
        for (const [, fields] of entries) isNews = this.takeNews(newsOf(fields)) || isNews;
        if (!isNews) continue;
      } catch {
        // The connection was cut, by us or not: ioredis makes a new one. A server that is there, but not ready, would be asked all the time.
        if (!this.isClosed) await delay(OUTAGE_RETRY_MS, undefined, { ref: false });
      }
      if (!this.isClosed) await this.catchUp();
    }
  }

  /** Whether there is something to be looked for: what has not been loaded yet, and may be, changes nothing that is held. */
  private takeNews(news: News): boolean {
    const { loadedTo, layout } = this.loader.holdings;
    if (news.clock !== undefined) {
      const isSetBack = news.clock < this.hint;
      this.hint = news.clock;
      return isSetBack || (news.clock > loadedTo && loadedTo < this.limitNow);
    }
    if (news.date === undefined) return news.isUnsure;
    // What is being loaded may be from before it.
    return this.catchingUp.isRunning || news.date <= layout.day(dayAtClock(layout, loadedTo)).date;
  }
}
