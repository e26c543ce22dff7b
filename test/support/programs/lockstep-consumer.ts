/** A consumer of a session in lockstep that reads no bars. It acknowledges the positions that a test chooses. */
import { openSession, SessionConsumers, type SessionLayout } from '@barkeep/session-data';
import { Redis } from 'ioredis';

/** Where a consumer starts, as in `follow`: the position that is kept under its name, the beginning, or the clock. */
type StartFrom = 'kept' | 'beginning' | 'now';

export class LockstepConsumer {
  private token = '';

  private constructor(
    readonly name: string,
    readonly consumers: SessionConsumers,
    readonly layout: SessionLayout,
    private readonly redis: Redis,
    private readonly events: Redis,
  ) {}

  /** Joins a session that was started. @returns the consumer, and its position in the session */
  static async join(prefix: string, id: string, name: string, from: StartFrom = 'kept') {
    const redis = new Redis(process.env['SESSION_REDIS_URL']!);
    const { layout } = await openSession(redis, prefix, id);
    const consumer = new LockstepConsumer(name, new SessionConsumers(redis, layout), layout, redis, redis.duplicate());
    const { position } = await consumer.rejoin(from);
    return { consumer, position };
  }

  /** Joins again under the same name. The new token replaces the earlier one. */
  async rejoin(from: StartFrom = 'kept') {
    const joined = await this.consumers.join(this.name, from);
    this.token = joined.token;
    return joined;
  }

  async acknowledge(time: number): Promise<void> {
    await this.consumers.acknowledge(this.name, this.token, this.at(time));
  }

  async leave(time: number): Promise<void> {
    await this.consumers.leave(this.name, this.token, this.at(time));
  }

  /** Where the clock is, epoch ms. */
  async clock(): Promise<number> {
    return Number(await this.redis.hget(this.layout.keysOf(0).meta, 'clock'));
  }

  /** Waits until the clock is at a time or later. @returns where it is @throws when that takes longer than `boundMs` */
  async clockAt(time: number, boundMs = 30_000): Promise<number> {
    const deadline = Date.now() + boundMs;
    const { events } = this.layout.keysOf(0);
    let lastEntryId = '0';
    for (;;) {
      const clock = await this.clock();
      if (clock >= time) return clock;
      if (Date.now() > deadline) throw new Error(`the clock is still at ${new Date(clock).toISOString()}`);
      // Waits for the next events; null when none came in 200 ms.
      const streams = await this.events.xread('COUNT', 1_000, 'BLOCK', 200, 'STREAMS', events, lastEntryId);
      const [, entries] = streams?.[0] ?? [];
      lastEntryId = entries?.at(-1)?.[0] ?? lastEntryId;
    }
  }

  /** Follows the clock from `from` to `until` and acknowledges every time that it reads. @returns the times that it read */
  async follow(from: number, until = this.layout.end): Promise<number[]> {
    const seen: number[] = [];
    for (let at = from; at < until;) {
      const clock = await this.clockAt(at + 1);
      seen.push(clock);
      at = clock;
      await this.acknowledge(at);
    }
    return seen;
  }

  close(): void {
    this.redis.disconnect();
    this.events.disconnect();
  }

  /** A position of a consumer that has read no bars. */
  private at(time: number) {
    return { time, steps: 0, bars: 0, deliveredHash: '0'.repeat(64) };
  }
}
