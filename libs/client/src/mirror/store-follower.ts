/**
 * Keeps holdings up with a session: waits on its events, on a connection of its own, and loads, on another one, what becomes
 * visible, up to a limit. Guarantees that one load runs at a time, and that what was asked for while one ran is done after it. Does not move
 * the mirror's clock; whoever does is told of all progress.
 */
import { SessionLostError, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { eventOf, type StreamEntry } from './event-tail.js';
import { OneAtATime } from '../one-at-a-time.js';
import { Outage, OUTAGE_RETRY_MS, throughOutages } from '../outage.js';
import { Loader, type LoaderOptions } from './loader.js';

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
  /** Nothing after it is loaded, epoch ms. */
  limit: number;
  /** Why the last look failed; undefined when it did not. */
  failure: Error | undefined;
  /** Why nothing more will come: an outage ends within its time, or is one of the reasons. */
  end: Error | undefined;
  private readonly waiting: Redis;
  private readonly outage: Outage;
  private readonly catchingUp = new OneAtATime(() => this.work());
  private retry: NodeJS.Timeout | undefined;
  private hint = -Infinity;
  private isClosed = false;

  private constructor(
    redis: Redis,
    layout: SessionLayout,
    private readonly options: StoreFollowerOptions,
  ) {
    this.limit = options.limit ?? Infinity;
    this.loader = new Loader(redis, layout, options);
    this.outage = new Outage(redis, layout.id);
    this.waiting = redis.duplicate({ maxRetriesPerRequest: null, commandTimeout: undefined, lazyConnect: true });
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
    try {
      await loader.look(Math.min(this.hint, this.limit));
      while (!this.isClosed && (await loader.loadPiece(this.limit)));
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
        const reply = await this.waiting.xread('COUNT', ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', key, last);
        const entries: StreamEntry[] = reply?.[0]?.[1] ?? [];
        last = entries.at(-1)?.[0] ?? last;
        for (const [, fields] of entries) this.hint = Math.max(this.hint, clockOf(fields));
      } catch {
        // The connection was cut, by us or not: ioredis makes a new one.
      }
      if (!this.isClosed) await this.catchUp();
    }
  }
}

function clockOf(fields: readonly string[]): number {
  const event = eventOf(fields);
  return event?.type === 'clock' ? event.time : -Infinity;
}
