/**
 * Tells a waiting stream that its session's watermark or control changed: one subscription a process, by session.
 * A message may be lost while Redis is away, so whoever waits also looks again after a bounded time.
 */
import { wakeChannel } from '@barkeep/session-data';
import type { Redis } from 'ioredis';

type Listener = (message: string) => void;

/** Longest wait for a signal before a stream looks at the store anyway. */
export const LOOK_AGAIN_MS = 1_000;

/** What the loop that moves the frontier says to the one that moves the clock. */
export const FLUSHED = 'flushed';

export class WakeSignals {
  private readonly listeners = new Map<string, Set<Listener>>();

  /** @param subscriber a connection of its own: a subscribed one can do nothing else */
  constructor(
    private readonly subscriber: Redis,
    private readonly keyPrefix: string,
  ) {
    subscriber.on('message', (channel: string, message: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener(message);
    });
  }

  /** Begins to listen for a session; call the answer's `close` when done. @throws what the subscription fails with */
  async listen(sessionId: string): Promise<WakeSignal> {
    const channel = wakeChannel(this.keyPrefix, sessionId);
    const signal = new WakeSignal(() => this.forget(channel, signal.wake));
    const listeners = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, listeners.add(signal.wake));
    try {
      if (listeners.size === 1) await this.subscriber.subscribe(channel);
    } catch (error) {
      signal.close(); // nobody else would: it stays with the caller only when it is answered
      throw error;
    }
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
  /** What woke the last wait: the first word of each message, with what followed it in the newest. */
  heard: ReadonlyMap<string, string> = new Map();
  private pending = new Map<string, string>();
  private resume: (() => void) | undefined;

  constructor(readonly close: () => void = () => undefined) {}

  readonly wake = (message = ''): void => {
    const [kind = '', ...rest] = message.split(' ');
    this.pending.set(kind, rest.join(' '));
    this.resume?.();
  };

  /** Waits for a wake-up, at most `timeoutMs`. @returns whether there was one @throws the signal's reason */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (this.pending.size === 0) {
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
    this.heard = this.pending;
    this.pending = new Map();
    return this.heard.size > 0;
  }
}
