/**
 * The consumers of a session: who follows it, how far each is, and how far the clock may therefore go in lockstep. A
 * position never goes back but by a new join, and is kept when its consumer leaves or is dropped. Whoever joins under a
 * name has it alone: an earlier one of the name is refused from then on. In a session that is not in lockstep consumers
 * hold nothing. Does not move the clock, and reads no bars.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import {
  ConsumerAheadError,
  ConsumerCountError,
  ConsumerNameError,
  ConsumerReplacedError,
  type SessionLayout,
  SessionLostError,
  UnknownConsumerError,
} from '../layout/index.js';
import { LUA, Script, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { EVENTS_KEPT } from '../events/index.js';

const JOIN_CONSUMER = new Script(LUA.joinConsumer);
const ACKNOWLEDGE = new Script(LUA.acknowledge);
const REMOVE_CONSUMER = new Script(LUA.removeConsumer);
const LIST_CONSUMERS = new Script(LUA.listConsumers);
const CONSUMER_LIMIT = new Script(LUA.consumerLimit);

export const CONSUMER_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Consumers of a session, those included that left or were dropped; of those that left the oldest gives its place to a new one. */
export const CONSUMERS_MAX = 1_000;
/** The delivered hash of a consumer to which nothing was delivered yet. */
export const NOTHING_DELIVERED = '0'.repeat(64);

/** How far a consumer is. */
export interface ConsumerPosition {
  /** It has been through every step up to here, epoch ms; the session's own start at first. */
  time: number;
  /** Chained hash of what was delivered to it, 64 hex digits. */
  deliveredHash: string;
  /** Steps and bars that were delivered to it. */
  steps: number;
  bars: number;
}

/**
 * `active`: it counts. `silent`: nothing was heard of it for the spec's `heartbeatSeconds`; it counts where the policy is
 * `hold`, otherwise it is about to be dropped. `dropped`: it was silent too long. `left`: it said so itself.
 */
export type ConsumerState = 'active' | 'silent' | 'dropped' | 'left';

export interface ConsumerView extends ConsumerPosition {
  name: string;
  state: ConsumerState;
  /** When it was last heard of, epoch ms by the clock of Redis. */
  seenAt: number;
}

/** What the consumers say about the clock. */
export interface ConsumerLimit {
  /** The slowest that counts is here, epoch ms; `waiting` until enough have joined; undefined when nobody holds the clock. */
  slowest: number | 'waiting' | undefined;
  /** Times that somebody joined or came back: when it differs, a newer limit may be lower. */
  joins: number;
}

/**
 * What the wake channel said of the consumers. @param news what follows the word `consumer` @returns undefined when it does
 * not tell how far the slowest is: look at {@link SessionConsumers.limit}
 */
export function consumerNews(news: string): { slowest: number; joins: number } | undefined {
  const [slowest, joins] = news.split(' ');
  return slowest && joins ? { slowest: Number(slowest), joins: Number(joins) } : undefined;
}

/** Where a consumer begins: where it left off (else at the beginning), at the first day that is kept, or at the clock. */
export type JoinFrom = 'kept' | 'beginning' | 'now';

const NOWHERE: ConsumerPosition = { time: 0, deliveredHash: NOTHING_DELIVERED, steps: 0, bars: 0 };
const HEARTBEAT_SECONDS = 30;

export class SessionConsumers {
  private readonly heartbeatMs: number;
  private readonly waitsFor: number;
  private readonly onSilence: 'drop' | 'hold';

  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
  ) {
    const { pace } = layout.spec;
    const isLockstep = pace.mode === 'lockstep';
    this.heartbeatMs = 1_000 * (isLockstep ? pace.heartbeatSeconds : HEARTBEAT_SECONDS);
    this.waitsFor = isLockstep ? pace.consumers : 0;
    this.onSilence = isLockstep ? pace.onSilence : 'hold';
  }

  /**
   * Joins, or comes back; whoever had the name before is refused from now on.
   * @returns the token to acknowledge with, and where to go on; only `kept` answers a position with steps
   * @throws ConsumerNameError, ConsumerCountError, SessionLostError
   */
  async join(name: string, from: JoinFrom): Promise<{ token: string; position: ConsumerPosition }> {
    if (!CONSUMER_PATTERN.test(name)) throw new ConsumerNameError(name);
    const token = randomBytes(16).toString('hex');
    const args = [name, token, from, this.layout.sessionStart, this.waitsFor, NOTHING_DELIVERED, CONSUMERS_MAX];
    const [verdict, ...fields] = await this.run(JOIN_CONSUMER, args);
    if (verdict === 'full') throw new ConsumerCountError(this.layout.id, CONSUMERS_MAX);
    if (verdict !== 'joined') throw new ScriptReplyError('join', verdict);
    return { token, position: positionOf(fields) };
  }

  /**
   * Says how far the consumer is, and that it is there; an earlier position leaves the later one. One that was dropped
   * counts again.
   * @throws ConsumerAheadError when the position is after the session's clock, ConsumerReplacedError, UnknownConsumerError
   *   when it left or was removed, SessionLostError
   */
  async acknowledge(name: string, token: string, position: ConsumerPosition): Promise<void> {
    await this.say(name, token, 'stay', position);
  }

  /** Says that the consumer is there. @throws as {@link acknowledge} */
  async heartbeat(name: string, token: string): Promise<void> {
    await this.say(name, token, 'stay', NOWHERE);
  }

  /** The consumer holds the session no more; its position is kept. May be repeated. @throws as {@link acknowledge} */
  async leave(name: string, token: string, position: ConsumerPosition): Promise<void> {
    await this.say(name, token, 'leave', position);
  }

  /** Forgets a consumer and its position, by hand. @returns false when there is none of the name @throws SessionLostError */
  async remove(name: string): Promise<boolean> {
    return (await this.run(REMOVE_CONSUMER, [name]))[0] === 'removed';
  }

  /** All consumers that ever joined and were not removed, by name. @throws SessionLostError */
  async list(): Promise<ConsumerView[]> {
    const [, now, ...pairs] = await this.run(LIST_CONSUMERS, []);
    const views: ConsumerView[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const [stored, , ...fields] = pairs[i + 1]!.split(' ');
      const seenAt = Number(fields[4]);
      const isSilent = stored === 'active' && Number(now) - seenAt > this.heartbeatMs;
      const state = isSilent ? 'silent' : stateOf(stored);
      views.push({ name: pairs[i]!, state, seenAt, ...positionOf(fields) });
    }
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** How far the slowest is; drops those that are silent, where that is the policy, and says so. @throws SessionLostError */
  async limit(): Promise<ConsumerLimit> {
    const [verdict, time, joins] = await this.run(CONSUMER_LIMIT, [this.heartbeatMs, this.onSilence, this.waitsFor]);
    const slowest = verdict === 'waiting' ? verdict : verdict === 'held' ? Number(time) : undefined;
    return { slowest, joins: Number(joins) };
  }

  private async say(name: string, token: string, what: 'stay' | 'leave', position: ConsumerPosition): Promise<void> {
    const { time, steps, bars, deliveredHash } = position;
    const { id } = this.layout;
    const [verdict, clock] = await this.run(ACKNOWLEDGE, [name, token, what, time, steps, bars, deliveredHash]);
    if (verdict === 'unknown') throw new UnknownConsumerError(id, name);
    if (verdict === 'replaced') throw new ConsumerReplacedError(id, name);
    if (verdict === 'ahead') throw new ConsumerAheadError(id, name, time, Number(clock));
  }

  private async run(script: Script, args: readonly ScriptArgument[]): Promise<string[]> {
    const { meta, consumers, events, wake } = this.layout.keysOf(0);
    const all = [this.layout.incarnation, EVENTS_KEPT, wake, ...args];
    const reply = (await script.run(this.redis, [meta, consumers, events], all)) as string[];
    if (reply[0] === 'lost') throw new SessionLostError(this.layout.id);
    return reply;
  }
}

/** @param fields time, steps, bars, hash */
function positionOf([time, steps, bars, deliveredHash = NOTHING_DELIVERED]: readonly string[]): ConsumerPosition {
  return { time: Number(time), deliveredHash, steps: Number(steps), bars: Number(bars) };
}

function stateOf(stored: string | undefined): ConsumerState {
  if (stored === 'active' || stored === 'dropped' || stored === 'left') return stored;
  throw new ScriptReplyError('list of consumers', stored);
}
