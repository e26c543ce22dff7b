/**
 * Keeps holdings up with a session: waits on its events, on a connection of its own, and loads what becomes visible, up to a
 * limit. Guarantees that one load runs at a time, and that what was asked for while one ran is done after it. Does not move
 * the mirror's clock; whoever does is told of all progress.
 */
import { SessionLostError, type SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { fieldOf, type StreamEntry } from './event-tail.js';
import { Loader, type LoaderOptions } from './loader.js';

/** How long the session's events are waited for at a time, ms: a session that was deleted says nothing any more. */
const BLOCK_MS = 1_000;
const ENTRIES = 1_000;

export class StoreFollower {
  readonly loader: Loader;
  /** Called after everything that was taken in, and after every failure. */
  onProgress: () => void = () => undefined;
  /** Nothing after it is loaded, epoch ms. */
  limit = Infinity;
  /** Why the last look failed; undefined when it did not. */
  failure: Error | undefined;
  private readonly waiting: Redis;
  private busy: Promise<void> | undefined;
  private isAskedAgain = false;
  private hint = -Infinity;
  private isClosed = false;

  private constructor(redis: Redis, layout: SessionLayout, options: LoaderOptions) {
    this.loader = new Loader(redis, layout, options);
    this.waiting = redis.duplicate({ maxRetriesPerRequest: null, commandTimeout: undefined, lazyConnect: true });
    // It connects again by itself; what is wrong shows where the bars are read.
    this.waiting.on('error', () => undefined);
  }

  /** Begins to follow a session; nothing is loaded yet. @throws SessionLostError */
  static async open(redis: Redis, layout: SessionLayout, options: LoaderOptions): Promise<StoreFollower> {
    const follower = new StoreFollower(redis, layout, options);
    await follower.loader.begin();
    void follower.watch();
    return follower;
  }

  /** Looks at the session and loads up to the limit; done when all that is there now has been taken in, or failed. */
  catchUp(): Promise<void> {
    this.isAskedAgain = true;
    this.busy ??= this.work().finally(() => (this.busy = undefined));
    return this.busy;
  }

  /** Ends it. */
  close(): void {
    this.isClosed = true;
    this.waiting.disconnect();
  }

  private async work(): Promise<void> {
    const { loader } = this;
    try {
      while (this.isAskedAgain && !this.isClosed) {
        this.isAskedAgain = false;
        await loader.look(Math.min(this.hint, this.limit));
        while (!this.isClosed && (await loader.loadPiece(this.limit)));
        this.failure = undefined;
        this.onProgress();
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      if (error instanceof SessionLostError) this.close();
      this.onProgress();
    }
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
  return fieldOf(fields, 'type') === 'clock' ? Number(fieldOf(fields, 'time')) : -Infinity;
}
