/**
 * Writes a consumer's position and heartbeat to the session's store, one call at a time, in the background. Retries while the
 * store is unavailable, and while a store that was set back is behind the position. A failure that ends it is kept in
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
import { OneAtATime, Outage, OUTAGE_RETRY_MS, retryOutages } from '../outage/index.js';

const HEARTBEAT_SECONDS = 30;
/** Heartbeats sent in the time after which the session treats a consumer as silent. */
const BEATS = 3;

/** Where a consumer starts, and what ends it. */
export interface KeptPositionOptions {
  from?: JoinFrom;
  signal?: AbortSignal;
}

export class KeptPosition {
  /** Why no more positions are sent: the consumer was replaced or removed, its session is gone, or Redis was away too long. */
  failure: Error | undefined;
  /** Called when {@link failure} is set. */
  onFailure: () => void = () => undefined;
  private acknowledged: ConsumerPosition;
  private readonly sending = new OneAtATime(() => this.send());
  private next: ConsumerPosition | undefined;
  /** A position after the clock of a store that was set back; it is sent again with the next heartbeat. */
  private ahead: ConsumerPosition | undefined;
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
    { from = 'kept', signal }: KeptPositionOptions,
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
    this.requestSend();
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
    await retryOutages(this.outage, () => this.consumers.leave(this.name, this.token, position), signal);
  }

  private requestSend(): void {
    void this.sending.request();
  }

  private async send(): Promise<void> {
    if (this.failure) return;
    const { next, isBeatDue } = this;
    this.next = undefined;
    this.isBeatDue = false;
    try {
      if (next) await this.sendPosition(next);
      // A heartbeat repeats the position: a store that was set back may have lost it, and the clock waits for it.
      else if (isBeatDue) await this.sendPosition(this.acknowledged);
      this.outage.succeeded();
    } catch (error) {
      this.onError(error);
    }
  }

  private async sendPosition(next: ConsumerPosition): Promise<void> {
    const before = this.acknowledged;
    this.acknowledged = next;
    try {
      await this.consumers.acknowledge(this.name, this.token, next);
    } catch (error) {
      // The store did not take it: it is sent again, unless there is a newer position by then.
      if (this.acknowledged === next) this.acknowledged = before;
      if (!(error instanceof ConsumerAheadError)) {
        this.next ??= next;
        throw error;
      }
      // The store was set back: keep the consumer alive until the clock has caught up with its position.
      await this.consumers.heartbeat(this.name, this.token);
      this.ahead = next;
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
    this.next ??= this.ahead;
    this.ahead = undefined;
    this.requestSend();
  }
}
