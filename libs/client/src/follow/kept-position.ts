/**
 * Writes a consumer's position and heartbeat to the session's store, one call at a time, in the background. Retries while the
 * store is unavailable, and restores a position that the store lost when Redis was set back to an earlier state. After an error that
 * cannot be retried, writes nothing more and sets {@link KeptPosition.failure}. The caller decides when a position is acknowledged.
 */
import { ConsumerAheadError, SessionConsumers } from '@barkeep/session-data';
import type { ConsumerPosition, JoinFrom, SessionLayout } from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { OneAtATime } from '../one-at-a-time.js';
import { Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage.js';

/** Time without a heartbeat after which a consumer of a session that is not in lockstep counts as silent. */
const SILENT_SECONDS = 30;
/** How many heartbeats are sent within the time after which a consumer counts as silent. */
const BEATS_PER_SILENCE = 3;
/** How long the end of an aborted or failed loop waits for the answer of Redis, ms. */
const LAST_CALL_MS = 2_000;

export class KeptPosition {
  /** Why no further position is sent: the consumer was replaced or removed, its session is gone, or Redis was away too long. */
  failure: Error | undefined;
  /** Called when {@link failure} is set. */
  onFailure: () => void = () => undefined;
  /** The last position that was sent, or is being sent now. */
  private lastSent: ConsumerPosition;
  private readonly sending = new OneAtATime(() => this.send());
  /** The position to send next. */
  private unsent: ConsumerPosition | undefined;
  private isBeatDue = false;
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
    silentMs: number,
    private readonly outage: Outage,
  ) {
    this.lastSent = start;
    this.heartbeatTimer = setInterval(() => this.beat(), silentMs / BEATS_PER_SILENCE).unref();
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
    const { pace } = layout.spec;
    const silentSeconds = pace.mode === 'lockstep' ? pace.heartbeatSeconds : SILENT_SECONDS;
    return new KeptPosition(consumers, name, token, position, 1_000 * silentSeconds, outage);
  }

  /** Sends the position in the background, after the call that is under way. Ignores a position that is not after the last one. */
  acknowledge(position: ConsumerPosition): void {
    if (position.time <= this.lastSent.time) return;
    this.unsent = position;
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
    const leave = (): Promise<void> => this.consumers.leave(this.name, this.token, position);
    const left = retryOutages(this.outage, () => this.withRestore(position, leave), signal);
    await (signal?.aborted ? Promise.race([left, delay(LAST_CALL_MS, undefined, { ref: false })]) : left);
  }

  private async send(): Promise<void> {
    if (this.failure || this.isLeaving) return;
    const { unsent, isBeatDue } = this;
    this.unsent = undefined;
    this.isBeatDue = false;
    try {
      // A heartbeat repeats the position, because a store that was set back may have lost it while the clock waits for it.
      if (unsent || isBeatDue) await this.outage.run(() => this.sendPosition(unsent ?? this.lastSent));
    } catch (error) {
      this.onError(error);
    }
  }

  private async sendPosition(position: ConsumerPosition): Promise<void> {
    const previous = this.lastSent;
    this.lastSent = position;
    try {
      await this.withRestore(position, () => this.consumers.acknowledge(this.name, this.token, position));
    } catch (error) {
      // The store did not accept the position. Send it again, unless a newer one is waiting by now.
      if (this.lastSent === position) this.lastSent = previous;
      this.unsent ??= position;
      throw error;
    }
  }

  /** Runs a call that sends a position. If the store was set back and refuses the position, restores the position and repeats the call. */
  private async withRestore(position: ConsumerPosition, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      // A consumer sees only bars before the clock, so its position can be after the clock only when the clock went back.
      if (!(error instanceof ConsumerAheadError)) throw error;
      await this.consumers.restore(this.name, this.token, position);
      await send();
    }
  }

  private onError(error: unknown): void {
    this.failure = this.outage.failed(error);
    if (this.failure) {
      clearInterval(this.heartbeatTimer);
      this.onFailure();
      return;
    }
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.beat(), OUTAGE_RETRY_MS).unref();
  }

  /** Sends a heartbeat after the call that is under way. */
  private beat(): void {
    this.isBeatDue = true;
    void this.sending.request();
  }
}
