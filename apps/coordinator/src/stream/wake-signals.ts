/**
 * Wakes a waiting stream when its session's watermark, control or consumers change: a Redis channel per session announces these
 * changes. A message may be lost while Redis is away, so a waiting stream also looks at the store after a bounded time.
 */
import { wakeChannel } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { EventEmitter } from 'node:events';

/** After this long without a message, a waiting stream looks at the store. */
export const LOOK_AGAIN_MS = 1_000;

/** Message within the process, from the loop that moves the frontier to the loop that moves the clock: the frontier has moved. */
export const FLUSHED = 'flushed';

export class WakeSignals {
  /** Emits each message under the name of its channel. */
  private readonly received = new EventEmitter().setMaxListeners(0);

  /** @param subscriber a connection that nothing else uses: a subscribed connection can run no other commands */
  constructor(
    private readonly subscriber: Redis,
    private readonly keyPrefix: string,
  ) {
    subscriber.on('message', (channel: string, message: string) => this.received.emit(channel, message));
  }

  /** Listens for a session; call the signal's `close` at the end. @throws the error of the subscription */
  async listen(sessionId: string): Promise<WakeSignal> {
    const channel = wakeChannel(this.keyPrefix, sessionId);
    const signal = new WakeSignal(() => {
      this.received.off(channel, signal.notify);
      // The command fails only without a connection, and then there is no subscription.
      if (this.received.listenerCount(channel) === 0) this.subscriber.unsubscribe(channel).catch(() => undefined);
    });
    this.received.on(channel, signal.notify);
    try {
      if (this.received.listenerCount(channel) === 1) await this.subscriber.subscribe(channel);
    } catch (error) {
      signal.close(); // the caller never gets it
      throw error;
    }
    return signal;
  }
}

/** Ends the waits of one loop. Remembers messages until the next wait, so that none is lost between two waits. */
export class WakeSignal {
  /**
   * The messages that ended the last wait. A message is a kind, and possibly a space and more text. The map has the newest
   * message of each kind: its kind as the key, the rest of its text as the value.
   */
  messages: ReadonlyMap<string, string> = new Map();
  private pending = new Map<string, string>();
  private resume: (() => void) | undefined;

  /** @param close ends the subscription; a signal within the process needs none */
  constructor(readonly close: () => void = () => undefined) {}

  /** Wakes the waiting loop, or ends its next wait at once. */
  readonly notify = (message = ''): void => {
    const [kind = '', ...rest] = message.split(' ');
    this.pending.set(kind, rest.join(' '));
    this.resume?.();
  };

  /** Waits for a message, at most `timeoutMs`. @returns whether one came @throws the reason of `signal` */
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
    this.messages = this.pending;
    this.pending = new Map();
    return this.messages.size > 0;
  }
}
