/**
 * Writes a consumer's position to the session's store in the background, one call at a time. Retries while the store is unavailable.
 * After an error that cannot be retried, writes nothing more and sets {@link KeptPosition.failure}. The caller decides when a position is
 * acknowledged.
 */
import { ConsumerAheadError, SessionConsumers } from '@barkeep/session-data';
import type { ConsumerPosition, JoinFrom, SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { OneAtATime } from '../one-at-a-time.js';
import { Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage.js';

/** How many heartbeats are sent within the time after which a consumer counts as silent. */
const BEATS_PER_SILENCE = 3;
/** How long the end of an aborted or failed loop waits for the answer of Redis, ms. */
const LAST_CALL_MS = 2_000;

export class KeptPosition {
  /** Why no further position is sent: the consumer was replaced or removed, its session is gone, or Redis was away too long. */
  failure: Error | undefined;
  /** Called when {@link failure} is set. */
  onFailure: () => void = () => undefined;
  /** The newest acknowledged position. A heartbeat repeats it, because a store that was set back may have lost it. */
  private newest: ConsumerPosition;
  /** Sends the newest position on request. */
  private readonly sending = new OneAtATime(() => this.send());
  /** True from the first call of {@link leave}: nothing else is sent then. */
  private isLeaving = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private readonly heartbeatTimer: NodeJS.Timeout;

  private constructor(
    private readonly consumers: SessionConsumers,
    private readonly name: string,
    private readonly token: string,
    /** Where the consumer starts. */
    readonly start: ConsumerPosition,
    private readonly outage: Outage,
  ) {
    this.newest = start;
    this.heartbeatTimer = setInterval(
      () => void this.sending.request(),
      consumers.silentMs / BEATS_PER_SILENCE,
    ).unref();
  }

  /** Joins a session, and starts the heartbeats. @throws ConsumerNameError, SessionLostError, SessionRedisAwayError, the signal's reason */
  static async join(
    redis: Redis,
    layout: SessionLayout,
    name: string,
    from: JoinFrom,
    signal?: AbortSignal,
  ): Promise<KeptPosition> {
    const consumers = new SessionConsumers(redis, layout);
    const outage = new Outage(redis, layout.id);
    const { token, position } = await retryOutages(outage, () => consumers.join(name, from), signal);
    return new KeptPosition(consumers, name, token, position, outage);
  }

  /** Sends the position in the background, after the call that is under way. Ignores a position that is not after the last one. */
  acknowledge(position: ConsumerPosition): void {
    if (position.time <= this.newest.time) return;
    this.newest = position;
    void this.sending.request();
  }

  /**
   * Sends the last position and leaves: the session's clock no longer waits for this consumer. May be repeated. With an
   * aborted signal the connection may be about to close: then sends at once, tries once, and does not wait for a Redis that is away.
   * @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError, SessionRedisAwayError
   */
  async leave(position: ConsumerPosition, signal?: AbortSignal): Promise<void> {
    clearInterval(this.heartbeatTimer);
    this.isLeaving = true;
    if (!signal?.aborted) await this.sending.idle();
    const left = retryOutages(this.outage, () => this.report('leave', position), signal);
    await (signal?.aborted ? Promise.race([left, delay(LAST_CALL_MS, undefined, { ref: false })]) : left);
  }

  private async send(): Promise<void> {
    if (this.failure || this.isLeaving) return;
    const { newest } = this;
    try {
      await this.outage.run(() => this.report('acknowledge', newest));
    } catch (error) {
      this.failure = this.outage.failed(error);
      if (!this.failure) return this.retryLater();
      clearInterval(this.heartbeatTimer);
      this.onFailure();
    }
  }

  private retryLater(): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => void this.sending.request(), OUTAGE_RETRY_MS).unref();
  }

  /** Sends a position. When the store was set back and therefore refuses the position, restores it there and sends it again. */
  private async report(call: 'acknowledge' | 'leave', position: ConsumerPosition): Promise<void> {
    const { consumers, name, token } = this;
    try {
      await consumers[call](name, token, position);
    } catch (error) {
      // A consumer sees only bars before the clock, so its position can be after the clock only when the clock went back.
      if (!(error instanceof ConsumerAheadError)) throw error;
      await consumers.restore(name, token, position);
      await consumers[call](name, token, position);
    }
  }
}
