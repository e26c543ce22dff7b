/**
 * A consumer's position in the session's store: says how far it is, without being waited for and one call at a time, and that
 * it is alive. What went wrong is kept until somebody looks. Does not decide when to say something.
 */
import type { ConsumerPosition, JoinFrom, SessionConsumers, SessionLayout } from '@barkeep/session-data';

const HEARTBEAT_SECONDS = 30;
/** Heartbeats in the time after which a consumer counts as silent. */
const BEATS = 3;

export class KeptPosition {
  /** Why the last call failed: the consumer was replaced or removed, or its session is gone. */
  failure: Error | undefined;
  private said: ConsumerPosition;
  private inFlight: Promise<void> | undefined;
  private next: ConsumerPosition | undefined;
  private isBeatDue = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly consumers: SessionConsumers,
    private readonly name: string,
    private readonly token: string,
    /** Where the consumer begins. */
    readonly start: ConsumerPosition,
    heartbeatMs: number,
  ) {
    this.said = start;
    this.timer = setInterval(() => this.beat(), heartbeatMs / BEATS).unref();
  }

  /** Joins a session. @throws ConsumerNameError, SessionLostError */
  static async join(
    consumers: SessionConsumers,
    layout: SessionLayout,
    name: string,
    from: JoinFrom,
  ): Promise<KeptPosition> {
    const { token, position } = await consumers.join(name, from);
    const { pace } = layout.spec;
    const seconds = pace.mode === 'lockstep' ? pace.heartbeatSeconds : HEARTBEAT_SECONDS;
    return new KeptPosition(consumers, name, token, position, 1_000 * seconds);
  }

  /** Says how far the consumer is; at once, or after what is being said. Nothing when it said so before. */
  acknowledge(position: ConsumerPosition): void {
    if (position.time <= this.said.time) return;
    this.next = position;
    this.say();
  }

  /** Says where the consumer ends; it holds the session no more. @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError */
  async leave(position: ConsumerPosition): Promise<void> {
    clearInterval(this.timer);
    this.next = undefined;
    this.isBeatDue = false;
    await this.inFlight;
    await this.consumers.leave(this.name, this.token, position);
  }

  /** Says what there is to be said, one after another. */
  private say(): void {
    this.inFlight ??= this.send().finally(() => {
      this.inFlight = undefined;
    });
  }

  private async send(): Promise<void> {
    try {
      while (this.next || this.isBeatDue) {
        const { next } = this;
        this.next = undefined;
        this.isBeatDue = false;
        if (next) await this.consumers.acknowledge(this.name, this.token, (this.said = next));
        else await this.consumers.heartbeat(this.name, this.token);
      }
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  private beat(): void {
    this.isBeatDue = true;
    this.say();
  }
}
