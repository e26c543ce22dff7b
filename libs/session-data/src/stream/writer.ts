/**
 * The streaming side of a session's store: creates it, takes it over, writes windows, moves the clock. Every call is fenced
 * by (epoch, owner) and may be repeated. Does not decide when the clock moves, and reads no bars.
 */
import { encodeDays } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type ClockEvent, eventNumber, EVENTS_KEPT, emitState, publishEvents } from '../events/index.js';
import {
  ConsumersChangedError,
  FencedError,
  RewindError,
  type SessionLayout,
  SessionLostError,
  type Window,
} from '../layout/index.js';
import { LUA, Script, type ScriptArgument, ScriptReplyError } from '../redis/index.js';
import { figureArguments, waitArguments, type StreamFigures, type StreamWait } from './stream-figures.js';
import type { ClaimedPosition, Control, Fence } from './fence.js';
import type { PartitionWindow } from './partition-window.js';
import { flushWindow } from './window-flush.js';

const INIT = new Script(LUA.init);
const CLAIM = new Script(LUA.claim);
const SET_CONTROL = new Script(LUA.setControl);
const MOVE_CLOCK = new Script(LUA.moveClock);
const MARK_TIMED_OUT = new Script(LUA.markTimedOut);

/** What a move of the clock carries. */
export interface ClockMove {
  /** Least clock of the store, epoch ms; a store with an earlier clock has lost writes. @default 0 */
  from?: number;
  /** What the clock may not pass, of any partition. @default 'frontier' */
  limit?: 'frontier' | 'watermark';
  /** In order; events that were emitted before are skipped. @default the move itself */
  events?: readonly ClockEvent[];
  /** Number of joins of consumers at the decision. @default no consumer limits the clock */
  joins?: number | undefined;
  /** Stored in the same call. */
  figures?: StreamFigures;
  /** What the stream waits for; null when it waits no longer. @default what is stored stays */
  wait?: StreamWait | null | undefined;
}

export class SessionWriter {
  constructor(
    private readonly redis: Redis,
    private readonly layout: SessionLayout,
    private readonly fence: Fence,
  ) {}

  /** Creates the store, empty, with frontier, watermark and clock at the session's start. @throws SessionLostError */
  async init(): Promise<void> {
    const { start, spec, keys, historyDays, days, membership } = this.layout;
    const symbols = [membership.version, membership.version > 0 ? JSON.stringify(membership) : ''];
    for (const [partition, { meta }] of keys.entries()) {
      const args = [
        ...this.fenceArguments(partition),
        start,
        JSON.stringify(spec),
        historyDays,
        encodeDays(days),
        ...symbols,
      ];
      const reply = await INIT.run(this.redis, [meta], args);
      if (reply === 'other') throw new SessionLostError(this.layout.id);
    }
  }

  /**
   * Takes the store over. @returns the frontier of each partition and the lowest of them, and the clock, epoch ms
   * @throws SessionLostError, FencedError
   */
  async claim(): Promise<ClaimedPosition> {
    const claims = await Promise.all(
      this.layout.keys.map(({ meta }, p) => CLAIM.run(this.redis, [meta], this.fenceArguments(p))),
    );
    const positions = claims.map((reply, p) => {
      const [verdict, frontier, clock] = reply as [string, string, string?];
      this.refuse(verdict);
      return { frontier: this.layout.isVacant(p) ? this.layout.end : Number(frontier), clock: Number(clock) };
    });
    const frontiers = positions.map(({ frontier }) => frontier);
    const { clock } = positions[0]!;
    // The owner before may have crashed between a move of the clock and the events of that move.
    await publishEvents(this.redis, this.layout, clock);
    return { frontier: Math.min(...frontiers), frontiers, clock };
  }

  /**
   * Writes one window of one partition and moves its frontier to the window's end; does nothing when it was written before.
   * @throws FencedError, RewindError, SessionLostError
   */
  async flush(window: Window, part: PartitionWindow): Promise<Control> {
    const fence = this.fenceArguments(part.partition);
    const reply = (await flushWindow(this.redis, this.layout, fence, window, part)) as [string, string, Control?];
    this.refuse(reply[0]);
    if (reply[0] === 'rewind') throw new RewindError(this.layout.id, Number(reply[1]));
    if (reply[0] !== 'written' && reply[0] !== 'done') throw new ScriptReplyError('flush', reply);
    return reply[2] ?? 'run';
  }

  /**
   * Moves the clock to `to`, epoch ms, and emits the events of the move; an earlier time leaves it as it is.
   * @throws ConsumersChangedError when a consumer joined after the decision, FencedError, RewindError when the store's
   *   clock is before `from`, or its limit before `to`, SessionLostError
   */
  async moveClock(to: number, move: ClockMove = {}): Promise<Control> {
    const { from = 0, limit = 'frontier', events = [{ type: 'clock', time: to }], figures, wait, joins = '' } = move;
    const { meta, events: stream, stream: hash } = this.layout.keysOf(0);
    const figureArgs = [
      ...(figures ? figureArguments(figures) : []),
      ...(wait === undefined ? [] : waitArguments(wait)),
    ];
    // A new store has its clock at the start: that is no move.
    const first = eventNumber({ type: 'clock', time: this.layout.start });
    const { incarnation, membership } = this.layout;
    const fence = [incarnation, this.fence.epoch, this.fence.owner];
    const args: ScriptArgument[] = [
      ...fence,
      to,
      from,
      limit,
      joins,
      EVENTS_KEPT,
      first,
      figureArgs.length / 2,
      ...figureArgs,
    ];
    for (const event of events) {
      const fields = ['type', event.type, 'time', event.time, ...Object.entries(event.fields ?? {}).flat()];
      args.push(eventNumber(event), JSON.stringify(fields.map(String)));
    }
    // A move to where the clock is has no limit to check.
    const others = to > from ? this.layout.keys.filter((_, p) => p > 0 && !this.layout.isVacant(p)) : [];
    const keys = [meta, stream, hash, ...others.map((other) => other.meta)];
    const reply = (await MOVE_CLOCK.run(this.redis, keys, args)) as [string, string, string?];
    this.refuse(reply[0]);
    if (reply[0] === 'set-back') throw new RewindError(this.layout.id, Number(reply[1]));
    if (reply[0] === 'joined') throw new ConsumersChangedError(this.layout.id);
    if (to > from || events.length > 0) await publishEvents(this.redis, this.layout, to);
    return reply[1] === 'run' && Number(reply[2]) !== membership.version ? 'reload' : (reply[1] as Control);
  }

  /** Marks a day whose source gave no answer in time, and emits that once. @throws FencedError, SessionLostError */
  async markTimedOut(dayIndex: number, timeoutMs: number): Promise<void> {
    const { meta, changes, stream, pending } = this.layout.keysOf(0);
    const { date, close } = this.layout.grid(dayIndex);
    const fields = ['type', 'day-timed-out', 'time', close, 'date', date, 'timeoutMs', timeoutMs];
    const args = [...this.fenceArguments(0), date, close, EVENTS_KEPT, ...fields];
    this.refuse(((await MARK_TIMED_OUT.run(this.redis, [meta, changes, stream, pending], args)) as [string])[0]);
  }

  /** Emits a state of the session, once. */
  async emitState(state: string): Promise<void> {
    await emitState(this.redis, this.layout, state);
  }

  /** The first arguments of every fenced script. They include the incarnation: a new session of the same id counts its epochs from one again. */
  fenceArguments(partition: number): ScriptArgument[] {
    return [this.layout.stampOf(partition), this.fence.epoch, this.fence.owner];
  }

  /** Throws for the verdicts that refuse a writer. @throws FencedError, SessionLostError */
  refuse(verdict: string): void {
    if (verdict === 'lost') throw new SessionLostError(this.layout.id);
    if (verdict === 'fenced') throw new FencedError(this.layout.id, this.fence.epoch, this.fence.owner);
  }
}

/**
 * Sets what the owner of a session does next.
 * @param epoch the epoch of the row that the control comes from
 * @returns `stale`, and sets nothing, when the store was claimed with a later epoch; `gone` when there is no store
 */
export async function setControl(
  redis: Redis,
  layout: SessionLayout,
  epoch: number,
  control: Control,
): Promise<'set' | 'stale' | 'gone'> {
  const { meta, wake } = layout.keysOf(0);
  const verdict = await SET_CONTROL.run(redis, [meta], [layout.incarnation, epoch, control, wake]);
  return verdict as 'set' | 'stale' | 'gone';
}

/** The control that the store of a session holds, and the epoch of its last claim; undefined when the store is not there. */
export async function readControl(
  redis: Redis,
  layout: SessionLayout,
): Promise<{ control: Control; epoch: number } | undefined> {
  const fields = await redis.hmget(layout.keysOf(0).meta, 'incarnation', 'control', 'epoch');
  const [incarnation, control, epoch] = fields;
  return layout.owns(incarnation) ? { control: control as Control, epoch: Number(epoch) } : undefined;
}
