/**
 * Writes a consumer's position and heartbeat to the session's store, one call at a time, in the background. Retries while the
 * store is unavailable, and restores a position that a store that was set back has lost. A failure that ends it is kept in
 * {@link KeptPosition.failure}. Does not decide when a position is acknowledged.
 */
import {
  ConsumerAheadError,
  SessionConsumers,
  type ConsumerPosition,
  type JoinFrom,
  type SessionLayout,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { OneAtATime, Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage.js';

const HEARTBEAT_SECONDS = 30;
/** Heartbeats sent in the time after which the session treats a consumer as silent. */
const BEATS = 3;

export class KeptPosition {
  /** Why no more positions are sent: the consumer was replaced or removed, its session is gone, or Redis was away too long. */
  failure: Error | undefined;
  /** Called when {@link failure} is set. */
  onFailure: () => void = () => undefined;
  private acknowledged: ConsumerPosition;
  private readonly sending = new OneAtATime(() => this.send());
  private next: ConsumerPosition | undefined;
  private isBeatDue = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly consumers: SessionConsumers,
    private readonly name: string,
    private readonly token: string,
    /** Where the consumer starts. */
    readonly start: ConsumerPosition,
    heartbeatMs: number,
    private readonly outage: Outage,
  ) {
    this.acknowledged = start;
    this.timer = setInterval(() => this.beat(), heartbeatMs / BEATS).unref();
  }

  /** Joins a session. @throws ConsumerNameError, SessionLostError, SessionRedisAwayError, the signal's reason */
  static async join(
    redis: Redis,
    layout: SessionLayout,
    name: string,
    { from = 'kept', signal }: { from?: JoinFrom; signal?: AbortSignal },
  ): Promise<KeptPosition> {
    const consumers = new SessionConsumers(redis, layout);
    const outage = new Outage(redis, layout.id);
    const { token, position } = await retryOutages(outage, () => consumers.join(name, from), signal);
    const { pace } = layout.spec;
    const seconds = pace.mode === 'lockstep' ? pace.heartbeatSeconds : HEARTBEAT_SECONDS;
    return new KeptPosition(consumers, name, token, position, 1_000 * seconds, outage);
  }

  /** Sends the position, after the call that is under way. Ignores a position that is not after the last one. */
  acknowledge(position: ConsumerPosition): void {
    if (position.time <= this.acknowledged.time) return;
    this.next = position;
    void this.sending.request();
  }

  /**
   * Sends the last position and leaves: the session's clock no longer waits for this consumer.
   * @param signal when it is aborted the call is tried once
   * @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError, SessionRedisAwayError
   */
  async leave(position: ConsumerPosition, signal?: AbortSignal): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.next = undefined;
    this.isBeatDue = false;
    await this.sending.idle();
    clearTimeout(this.retry);
    const leave = (): Promise<void> => this.consumers.leave(this.name, this.token, position);
    await retryOutages(this.outage, () => this.restoring(position, leave), signal);
  }

  private async send(): Promise<void> {
    if (this.failure) return;
    const { next, isBeatDue } = this;
    this.next = undefined;
    this.isBeatDue = false;
    try {
      // A heartbeat repeats the position: a store that was set back may have lost it, and the clock waits for it.
      if (next || isBeatDue) await this.sendPosition(next ?? this.acknowledged);
      this.outage.succeeded();
    } catch (error) {
      this.onError(error);
    }
  }

  private async sendPosition(next: ConsumerPosition): Promise<void> {
    const before = this.acknowledged;
    this.acknowledged = next;
    try {
      await this.restoring(next, () => this.consumers.acknowledge(this.name, this.token, next));
    } catch (error) {
      // The store did not take it: it is sent again, unless there is a newer position by then.
      if (this.acknowledged === next) this.acknowledged = before;
      this.next ??= next;
      throw error;
    }
  }

  /** Runs a call that sends a position. A store that was set back refuses it: then restores the position and repeats the call. */
  private async restoring(position: ConsumerPosition, call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      // A consumer only sees what the clock has passed, so its position can only be after a clock that went back.
      if (!(error instanceof ConsumerAheadError)) throw error;
      await this.consumers.restore(this.name, this.token, position);
      await call();
    }
  }

  private onError(error: unknown): void {
    this.failure = this.outage.terminalError(error);
    if (this.failure) {
      clearInterval(this.timer);
      this.onFailure();
      return;
    }
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.beat(), OUTAGE_RETRY_MS).unref();
  }

  private beat(): void {
    this.isBeatDue = true;
    void this.sending.request();
  }
}
