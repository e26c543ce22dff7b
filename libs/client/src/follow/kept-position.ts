/**
 * A consumer's position in the session's store: says how far it is, without being waited for and one call at a time, and that
 * it is alive. Bears outages of the store for a while, and a store that was set back until it has caught up; what ends it is
 * kept until somebody looks. Does not decide when to say something.
 */
import {
  ConsumerAheadError,
  SessionConsumers,
  type ConsumerPosition,
  type JoinFrom,
  type SessionLayout,
} from '@barkeep/session-data';
import type { Redis } from 'ioredis';
import { OneAtATime, Outage, OUTAGE_RETRY_MS, throughOutages } from '../outage/index.js';

const HEARTBEAT_SECONDS = 30;
/** Heartbeats in the time after which a consumer counts as silent. */
const BEATS = 3;

/** Where and until when a position is kept. */
export interface KeptPositionOptions {
  from?: JoinFrom;
  signal?: AbortSignal;
}

export class KeptPosition {
  /** Why nothing more is said: the consumer was replaced or removed, its session is gone, or Redis was away too long. */
  failure: Error | undefined;
  /** Called when there is a {@link failure}. */
  onFailure: () => void = () => undefined;
  private said: ConsumerPosition;
  private readonly saying = new OneAtATime(() => this.send());
  private next: ConsumerPosition | undefined;
  /** What the clock was not far enough for; it is said again with the next beat. */
  private ahead: ConsumerPosition | undefined;
  private isBeatDue = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly consumers: SessionConsumers,
    private readonly name: string,
    private readonly token: string,
    /** Where the consumer begins. */
    readonly start: ConsumerPosition,
    heartbeatMs: number,
    private readonly outage: Outage,
  ) {
    this.said = start;
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
    const { token, position } = await throughOutages(outage, () => consumers.join(name, from), signal);
    const { pace } = layout.spec;
    const seconds = pace.mode === 'lockstep' ? pace.heartbeatSeconds : HEARTBEAT_SECONDS;
    return new KeptPosition(consumers, name, token, position, 1_000 * seconds, outage);
  }

  /** Says how far the consumer is; at once, or after what is being said. Nothing when it said so before. */
  acknowledge(position: ConsumerPosition): void {
    if (position.time <= this.said.time) return;
    this.next = position;
    this.say();
  }

  /**
   * Says where the consumer ends; it holds the session no more. @param signal when it is aborted no outage is waited for
   * @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError, SessionRedisAwayError
   */
  async leave(position: ConsumerPosition, signal?: AbortSignal): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.next = undefined;
    this.isBeatDue = false;
    await this.saying.idle();
    clearTimeout(this.retry);
    await throughOutages(this.outage, () => this.consumers.leave(this.name, this.token, position), signal);
  }

  /** Says what there is to be said, one after another. */
  private say(): void {
    void this.saying.ask();
  }

  private async send(): Promise<void> {
    if (this.failure) return;
    const { next, isBeatDue } = this;
    this.next = undefined;
    this.isBeatDue = false;
    try {
      if (next) await this.sayNext(next);
      else if (isBeatDue) await this.consumers.heartbeat(this.name, this.token);
      this.outage.over();
    } catch (error) {
      this.failed(error);
    }
  }

  private async sayNext(next: ConsumerPosition): Promise<void> {
    const before = this.said;
    this.said = next;
    try {
      await this.consumers.acknowledge(this.name, this.token, next);
    } catch (error) {
      // Nothing was said: it is said again, unless there is something newer by then.
      if (this.said === next) this.said = before;
      if (!(error instanceof ConsumerAheadError)) {
        this.next ??= next;
        throw error;
      }
      // The store was set back: the consumer is there, and is further than the clock until that has caught up.
      await this.consumers.heartbeat(this.name, this.token);
      this.ahead = next;
    }
  }

  private failed(error: unknown): void {
    this.failure = this.outage.endedBy(error);
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
    this.say();
  }
}
