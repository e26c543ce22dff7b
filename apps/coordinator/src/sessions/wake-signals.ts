/**
 * Tells a waiting stream that its session's watermark or control changed: one subscription a process, by session.
 * A message may be lost while Redis is away, so whoever waits also looks again after a bounded time.
 */
import { wakeChannel } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

type Listener = () => void;

/** Longest wait for a signal before a stream looks at the store anyway. */
export const LOOK_AGAIN_MS = 1_000;

export class WakeSignals {
  private readonly listeners = new Map<string, Set<Listener>>();

  /** @param subscriber a connection of its own: a subscribed one can do nothing else */
  constructor(
    private readonly subscriber: Redis,
    private readonly keyPrefix: string,
  ) {
    subscriber.on('message', (channel: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener();
    });
  }

  /** Begins to listen for a session; call the answer's `close` when done. */
  async listen(sessionId: string): Promise<WakeSignal> {
    const channel = wakeChannel(this.keyPrefix, sessionId);
    const signal = new WakeSignal(() => this.forget(channel, signal.wake));
    const listeners = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, listeners.add(signal.wake));
    if (listeners.size === 1) await this.subscriber.subscribe(channel);
    return signal;
  }

  private forget(channel: string, listener: Listener): void {
    const listeners = this.listeners.get(channel);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.listeners.delete(channel);
    this.subscriber.unsubscribe(channel).catch(() => undefined); // the connection is gone, and the subscription with it
  }
}

/** Remembers a wake-up until somebody has waited for it, so that none falls between two waits. */
export class WakeSignal {
  private pending = false;
  private resume: (() => void) | undefined;

  constructor(readonly close: () => void = () => undefined) {}

  readonly wake = (): void => {
    this.pending = true;
    this.resume?.();
  };

  /** Waits for a wake-up, at most `timeoutMs`. @returns whether there was one @throws the signal's reason */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          this.resume = undefined;
          resolve();
        };
        const timer = setTimeout(end, timeoutMs);
        signal.addEventListener('abort', end);
        this.resume = end;
      });
      signal.throwIfAborted();
    }
    const woken = this.pending;
    this.pending = false;
    return woken;
  }
}
