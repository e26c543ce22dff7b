/** The limits of one repository, across all workers. Waiting sessions take turns. A permit is a lease in Redis, which the worker extends. */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { scanKeys, SCRIPTS } from '../redis/index.js';

/** Lifetime of a lease that is not extended. The requests of a dead worker still count for this time. */
const LEASE_MS = 10_000;
/** How often leases are extended: the next attempt is in time when one fails. */
const RENEW_MS = LEASE_MS / 3;
/** Time between two attempts to get a permit, unless this process gives one back meanwhile. */
const RETRY_MS = 20;
/** A session that has not tried for this long loses its turn. */
const PATIENCE_MS = 1_000;

/** The last words of a repository's keys, in the order that take-permit.lua expects. */
const KEY_NAMES = ['leases', 'asked', 'waiting', 'turns', 'resting'] as const;

/** How often a repository may be asked. A limit that is undefined does not apply. */
export interface RepositoryLimits {
  /** Maximum number of requests that start in each `durationMs`; needs `durationMs`. */
  max?: number;
  /** The time in which at most `max` requests start, ms. */
  durationMs?: number;
  /** Maximum number of requests that run at the same time. */
  concurrency?: number;
}

interface Waiter {
  resolve: (giveBack: () => void) => void;
  reject: (error: Error) => void;
}

export class RepositoryLimit {
  /** The calls of {@link take} that wait, by session, oldest first. */
  private readonly waiting = new Map<string, Waiter[]>();
  /** The leases that this process holds. */
  private readonly leases = new Set<string>();
  private readonly keys: Record<(typeof KEY_NAMES)[number], string>;
  private isTrying = false;
  /** Ends the pause of {@link tryAll} between two attempts. */
  private tryNow: () => void = () => undefined;
  private renewal: NodeJS.Timeout | undefined;

  /** @param prefix of all keys @param name of the repository */
  constructor(
    private readonly redis: Redis,
    prefix: string,
    name: string,
    private readonly limits: RepositoryLimits,
  ) {
    const base = `${prefix}:{repository:${name}}`;
    this.keys = Object.fromEntries(KEY_NAMES.map((key) => [key, `${base}:${key}`])) as typeof this.keys;
  }

  /** Waits until a session may send a request. @returns a function to call when it has ended @throws the signal's reason, errors of Redis */
  async take(session: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    let waiter!: Waiter;
    const permit = new Promise<() => void>((resolve, reject) => (waiter = { resolve, reject }));
    const onAbort = (): void => {
      this.remove(session, waiter);
      waiter.reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.waiting.set(session, [...(this.waiting.get(session) ?? []), waiter]);
    void this.tryAll();
    return permit.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Blocks all requests to the repository for `ms`. */
  async rest(ms: number): Promise<void> {
    await SCRIPTS.restRepository.run(this.redis, [this.keys.resting], [Math.max(1, Math.round(ms))]);
  }

  /** Tries to get permits, one session after another, until none waits. Runs once at a time: a second call ends the pause of the first. */
  private async tryAll(): Promise<void> {
    this.tryNow();
    if (this.isTrying) return;
    this.isTrying = true;
    try {
      while (this.waiting.size > 0) {
        const woken = new Promise<void>((resolve) => (this.tryNow = resolve));
        let isGranted = false;
        const sessions = [...this.waiting.keys()];
        for (const session of sessions) if (await this.tryOne(session)) isGranted = true;
        if (!isGranted) await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, RETRY_MS))]);
      }
    } catch (error) {
      for (const waiter of [...this.waiting.values()].flat()) waiter.reject(error as Error);
      this.waiting.clear();
    } finally {
      this.isTrying = false;
    }
  }

  /** Tries to get a permit for the oldest waiter of a session. @returns whether a permit was granted */
  private async tryOne(session: string): Promise<boolean> {
    const waiters = this.waiting.get(session) ?? [];
    if (waiters.length === 0) return false;
    const lease = randomUUID();
    const { concurrency = 0, max = 0, durationMs = 0 } = this.limits;
    const more = waiters.length > 1 ? 'more' : '';
    const args = [session, lease, concurrency, max, durationMs, LEASE_MS, PATIENCE_MS, more];
    if ((await SCRIPTS.takePermit.run(this.redis, Object.values(this.keys), args)) !== 'granted') return false;
    this.hold(lease);
    const giveBack = (): void => this.giveBack(lease);
    // All waiters may have been aborted during the call.
    const [waiter] = this.waiting.get(session) ?? [];
    if (!waiter) giveBack();
    else {
      this.remove(session, waiter);
      waiter.resolve(giveBack);
    }
    return true;
  }

  private remove(session: string, waiter: Waiter): void {
    const others = (this.waiting.get(session) ?? []).filter((other) => other !== waiter);
    if (others.length > 0) this.waiting.set(session, others);
    else this.waiting.delete(session);
  }

  private hold(lease: string): void {
    this.leases.add(lease);
    this.renewal ??= setInterval(() => {
      // When this fails, the next renewal follows before the leases expire.
      SCRIPTS.renewPermits.run(this.redis, [this.keys.leases], [LEASE_MS, ...this.leases]).catch(() => undefined);
    }, RENEW_MS).unref();
  }

  private giveBack(lease: string): void {
    this.leases.delete(lease);
    if (this.leases.size === 0) {
      clearInterval(this.renewal);
      this.renewal = undefined;
    }
    // When Redis is away, the lease stays until it expires.
    this.redis.zrem(this.keys.leases, lease).then(
      () => this.tryNow(),
      () => undefined,
    );
  }
}

/** Removes the leases and turns of all repositories under a prefix, with one SCAN. No worker may use the limits meanwhile. */
export async function removeRepositoryLimits(redis: Redis, prefix: string): Promise<void> {
  for await (const keys of scanKeys(redis, `${prefix}:{repository:`)) {
    // The keys of a session with the id `repository` begin like these.
    const ofLimits = keys.filter((key) => KEY_NAMES.some((name) => key.endsWith(`}:${name}`)));
    if (ofLimits.length > 0) await redis.unlink(...ofLimits);
  }
}
