/** The consumers of a session: their names, their positions, and the limit that they set for the clock in lockstep. */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ConsumerAheadError, ConsumerCountError, ConsumerNameError, ConsumerReplacedError } from '../errors.js';
import { SessionLostError, UnknownConsumerError } from '../errors.js';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS, type Script, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { EVENTS_KEPT } from '../events/index.js';

/** A valid name of a consumer: 1 to 64 characters. */
export const CONSUMER_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Most consumers of a session, also counting consumers that left or were dropped. A further one replaces the one that left longest ago. */
export const CONSUMERS_MAX = 1_000;
/** The `deliveredHash` of a consumer that has received nothing yet. */
export const NOTHING_DELIVERED = '0'.repeat(64);

export interface ConsumerPosition {
  /** The consumer has processed every step up to this time, epoch ms. Before the first step: where it begins. */
  time: number;
  /** Chained hash of all that was delivered to the consumer, 64 hex digits. */
  deliveredHash: string;
  /** Numbers of steps and of bars that were delivered to the consumer. */
  steps: number;
  bars: number;
}

/**
 * `active`: limits the clock in lockstep. `silent`: sent nothing for the spec's `heartbeatSeconds`; with the policy `hold` it
 * still limits the clock, otherwise it will be dropped. `dropped`: was silent for too long. `left`: left the session.
 */
export type ConsumerState = 'active' | 'silent' | 'dropped' | 'left';

export interface ConsumerView extends ConsumerPosition {
  name: string;
  state: ConsumerState;
  /** Time of the consumer's last message, epoch ms by the clock of Redis. */
  seenAt: number;
}

/** The limit that the consumers set for the clock. */
export interface ConsumerLimit {
  /** Position of the slowest active consumer, epoch ms; `waiting` until enough have joined; undefined when none is active. */
  slowest: number | 'waiting' | undefined;
  /** How often consumers joined or came back. When this number changes, the new limit may be lower. */
  joins: number;
}

/** Parses a wake message, without its word `consumer`. Undefined when it lacks the position: call {@link SessionConsumers.limit} then. */
export function parseConsumerMessage(message: string): { slowest: number; joins: number } | undefined {
  const [slowest, joins] = message.split(' ');
  return slowest && joins ? { slowest: Number(slowest), joins: Number(joins) } : undefined;
}

/** `beginning`: at the oldest retained day; `now`: at the clock; `kept`: at the kept position, otherwise like `beginning`. */
export type JoinFrom = 'kept' | 'beginning' | 'now';

/** As `pace.heartbeatSeconds`, for a session that is not in lockstep. */
const DEFAULT_HEARTBEAT_SECONDS = 30;

export class SessionConsumers {
  /** After this time without a message a consumer is silent, ms. */
  readonly silentMs: number;
  /** How many consumers must have joined before the clock moves; 0 outside of lockstep. */
  private readonly waitsFor: number;
  private readonly onSilence: 'drop' | 'hold';

  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
  ) {
    const { pace } = layout.spec;
    const isLockstep = pace.mode === 'lockstep';
    this.silentMs = 1_000 * (isLockstep ? pace.heartbeatSeconds : DEFAULT_HEARTBEAT_SECONDS);
    this.waitsFor = isLockstep ? pace.consumers : 0;
    this.onSilence = isLockstep ? pace.onSilence : 'hold';
  }

  /**
   * Joins, or joins again. An earlier consumer with this name is refused from now on.
   * @returns the token for acknowledgements, and the position to continue from; `steps` and `bars` are 0 unless it was kept
   * @throws ConsumerNameError, ConsumerCountError, SessionLostError
   */
  async join(name: string, from: JoinFrom): Promise<{ token: string; position: ConsumerPosition }> {
    if (!CONSUMER_PATTERN.test(name)) throw new ConsumerNameError(name);
    const token = randomBytes(16).toString('hex');
    const args = [name, token, from, this.layout.sessionStart, this.waitsFor, NOTHING_DELIVERED, CONSUMERS_MAX];
    const [verdict, ...fields] = await this.run(SCRIPTS.joinConsumer, args);
    if (verdict === 'full') throw new ConsumerCountError(this.layout.id, CONSUMERS_MAX);
    if (verdict !== 'joined') throw new ScriptReplyError('join', verdict);
    return { token, position: positionOf(fields) };
  }

  /**
   * Acknowledges a position, unless it is before the stored one, and shows that the consumer is alive: a dropped one becomes active again.
   * @throws ConsumerAheadError when the position is after the clock, ConsumerReplacedError, UnknownConsumerError when the consumer left or
   * was removed, SessionLostError
   */
  async acknowledge(name: string, token: string, position: ConsumerPosition): Promise<void> {
    await this.report(name, token, 'stay', position);
  }

  /**
   * Acknowledges a position that the store lost when it was set back. It may be after the clock: if it were refused, the clock would wait
   * for the consumer, and the consumer for the clock. @throws ConsumerReplacedError, UnknownConsumerError, SessionLostError
   */
  async restore(name: string, token: string, position: ConsumerPosition): Promise<void> {
    await this.report(name, token, 'restore', position);
  }

  /** The consumer leaves and no longer limits the clock; its position is kept. May be repeated. @throws as {@link acknowledge} */
  async leave(name: string, token: string, position: ConsumerPosition): Promise<void> {
    await this.report(name, token, 'leave', position);
  }

  /** Removes a consumer and its position. @returns false when no consumer has the name @throws SessionLostError */
  async remove(name: string): Promise<boolean> {
    return (await this.run(SCRIPTS.removeConsumer, [name]))[0] === 'removed';
  }

  /** All consumers that ever joined and were not removed, by name. @throws SessionLostError */
  async list(): Promise<ConsumerView[]> {
    const [, now, ...pairs] = await this.run(SCRIPTS.listConsumers, []);
    const views: ConsumerView[] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      // shared/consumers.lua describes the text: state, token, the four fields of the position, time of the last message.
      const [storedState, , ...fields] = pairs[i + 1]!.split(' ');
      const seenAt = Number(fields.at(-1));
      const isSilent = storedState === 'active' && Number(now) - seenAt > this.silentMs;
      const state = isSilent ? 'silent' : stateOf(storedState);
      views.push({ name: pairs[i]!, state, seenAt, ...positionOf(fields) });
    }
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The limit for the clock now. Drops silent consumers first, unless the spec's `onSilence` forbids that. @throws SessionLostError */
  async limit(): Promise<ConsumerLimit> {
    const args = [this.silentMs, this.onSilence, this.waitsFor];
    const [verdict, time, joinCount] = await this.run(SCRIPTS.consumerLimit, args);
    const joins = Number(joinCount);
    if (verdict === 'waiting') return { slowest: 'waiting', joins };
    return { slowest: verdict === 'held' ? Number(time) : undefined, joins };
  }

  /** A completed session runs again: it waits for no consumer to join, and drops silent ones also with `hold`. @throws SessionLostError */
  async noteReopened(): Promise<void> {
    await this.run(SCRIPTS.noteReopened, []);
  }

  /** Sends a position. @throws as {@link acknowledge} */
  private async report(
    name: string,
    token: string,
    mode: 'stay' | 'leave' | 'restore',
    position: ConsumerPosition,
  ): Promise<void> {
    const { time, steps, bars, deliveredHash } = position;
    const { id } = this.layout;
    const [verdict, clock] = await this.run(SCRIPTS.acknowledge, [name, token, mode, time, steps, bars, deliveredHash]);
    if (verdict === 'unknown') throw new UnknownConsumerError(id, name);
    if (verdict === 'replaced') throw new ConsumerReplacedError(id, name);
    if (verdict === 'ahead') throw new ConsumerAheadError(id, name, time, Number(clock));
  }

  private async run(script: Script, args: readonly ScriptArgument[]): Promise<string[]> {
    const { meta, consumers, events, wake } = this.layout.keysOf(0);
    const { keyPrefix = '' } = this.redis.options; // the connection adds it to keys, but not to the name of a channel
    const allArgs = [this.layout.incarnation, EVENTS_KEPT, keyPrefix + wake, ...args];
    const reply = (await script.run(this.redis, [meta, consumers, events], allArgs)) as string[];
    if (reply[0] === 'lost') throw new SessionLostError(this.layout.id);
    return reply;
  }
}

/** The position in an answer. @param fields time, steps, bars, hash; later ones are ignored */
function positionOf([time, steps, bars, deliveredHash = NOTHING_DELIVERED]: readonly string[]): ConsumerPosition {
  return { time: Number(time), deliveredHash, steps: Number(steps), bars: Number(bars) };
}

function stateOf(stored: string | undefined): ConsumerState {
  if (stored === 'active' || stored === 'dropped' || stored === 'left') return stored;
  throw new ScriptReplyError('list of consumers', stored);
}
