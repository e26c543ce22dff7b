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
import { runCommands, type Script, type ScriptArgument, ScriptReplyError, SCRIPTS } from '../redis/index.js';
import { figureArguments, waitArguments, type StreamFigures, type StreamWait } from './stream-figures.js';
import { flushWindow, type PartitionWindow } from './window-flush.js';

/** Verdicts of a store that has less than its writer has seen of it; the frontier follows. */
const SET_BACK: ReadonlySet<string> = new Set(['rewind', 'set-back', 'beyond-frontier']);

/** The owner of a session. PostgreSQL hands out the epoch; the owner names the process. */
export interface Fence {
  epoch: number;
  owner: string;
}

/** What the owner does next; `reload`: the symbols changed, start again with the new ones. */
export type Control = 'run' | 'pause' | 'stop' | 'reload';

/** Where a store stands, epoch ms. */
export interface ClaimedPosition {
  /** The lowest of all partitions. */
  frontier: number;
  frontiers: readonly number[];
  clock: number;
}

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
    readonly layout: SessionLayout,
    private readonly fence: Fence,
  ) {}

  /** Creates the store, empty, with frontier, watermark and clock at the session's start. @throws SessionLostError */
  async init(): Promise<void> {
    const { start, spec, keys, historyDays, days, membership } = this.layout;
    const symbols = [membership.version, membership.version > 0 ? JSON.stringify(membership) : ''];
    for (const [partition, { meta }] of keys.entries()) {
      const fixed = [start, JSON.stringify(spec), historyDays, encodeDays(days)];
      const reply = await SCRIPTS.init.run(
        this.redis,
        [meta],
        [...this.fenceArguments(partition), ...fixed, ...symbols],
      );
      if (reply === 'other') throw new SessionLostError(this.layout.id);
    }
  }

  /**
   * Takes the store over. @returns the frontier of each partition and the lowest of them, and the clock, epoch ms
   * @throws SessionLostError, FencedError
   */
  async claim(): Promise<ClaimedPosition> {
    const claims = this.layout.keys.map(({ meta }, p) => this.run(SCRIPTS.claim, p, [meta], [], 'claimed'));
    const positions = (await Promise.all(claims)).map(([, frontier, clock], p) => {
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
    const reply = await flushWindow(this.redis, this.layout, fence, window, part);
    const [, , control] = this.accepted('flush', reply, ['written', 'done']);
    return (control ?? 'run') as Control;
  }

  /**
   * Moves the clock to `to`, epoch ms, and emits the events of the move; an earlier time leaves it as it is.
   * @throws ConsumersChangedError when a consumer joined after the decision, FencedError, RewindError when the store's
   *   clock is before `from`, or its limit before `to`, SessionLostError
   */
  async moveClock(to: number, move: ClockMove = {}): Promise<Control> {
    const { from = 0, limit = 'frontier', events = [{ type: 'clock', time: to }], figures, wait, joins = '' } = move;
    const { meta, events: stream, stream: hash } = this.layout.keysOf(0);
    const values = [...(figures ? figureArguments(figures) : []), ...(wait === undefined ? [] : waitArguments(wait))];
    // A new store has its clock at the start: that is no move.
    const first = eventNumber({ type: 'clock', time: this.layout.start });
    const { incarnation, membership } = this.layout;
    const args: ScriptArgument[] = [incarnation, this.fence.epoch, this.fence.owner, to, from, limit, joins];
    args.push(EVENTS_KEPT, first, values.length / 2, ...values);
    for (const event of events) {
      const fields = ['type', event.type, 'time', event.time, ...Object.entries(event.fields ?? {}).flat()];
      args.push(eventNumber(event), JSON.stringify(fields.map(String)));
    }
    // A move to where the clock is has no limit to check.
    const others = to > from ? this.layout.keys.filter((_, p) => p > 0 && !this.layout.isVacant(p)) : [];
    const keys = [meta, stream, hash, ...others.map((other) => other.meta)];
    const reply = await SCRIPTS.moveClock.run(this.redis, keys, args);
    const [verdict, control, version] = this.accepted('moveClock', reply, ['moved', 'joined']);
    if (verdict === 'joined') throw new ConsumersChangedError(this.layout.id);
    if (to > from || events.length > 0) await publishEvents(this.redis, this.layout, to);
    return control === 'run' && Number(version) !== membership.version ? 'reload' : (control as Control);
  }

  /** Marks a day whose source gave no answer in time, and emits that once. @throws FencedError, SessionLostError */
  async markTimedOut(dayIndex: number, timeoutMs: number): Promise<void> {
    const { meta, changes, stream, pending } = this.layout.keysOf(0);
    const { date, close } = this.layout.grid(dayIndex);
    const fields = ['type', 'day-timed-out', 'time', close, 'date', date, 'timeoutMs', timeoutMs];
    const keys = [meta, changes, stream, pending];
    await this.run(SCRIPTS.markTimedOut, 0, keys, [date, close, EVENTS_KEPT, ...fields], 'marked');
  }

  /** Emits a state of the session, once. */
  async emitState(state: string): Promise<void> {
    await emitState(this.redis, this.layout, state);
  }

  /**
   * Runs a fenced script of one partition.
   * @param args those after the fence @param verdicts the answers that accept the call
   * @returns the verdict, then what the script adds @throws FencedError, RewindError, SessionLostError
   */
  async run(
    script: Script,
    partition: number,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    ...verdicts: string[]
  ): Promise<string[]> {
    const reply = await script.run(this.redis, keys, [...this.fenceArguments(partition), ...args]);
    return this.accepted(script.name, reply, verdicts);
  }

  /** The first arguments of every fenced script. They include the incarnation: a new session of the same id counts its epochs from one again. */
  private fenceArguments(partition: number): ScriptArgument[] {
    return [this.layout.stampOf(partition), this.fence.epoch, this.fence.owner];
  }

  private accepted(script: string, reply: unknown, verdicts: readonly string[]): string[] {
    const answer = [reply].flat() as string[];
    const [verdict = '', frontier] = answer;
    if (verdict === 'lost') throw new SessionLostError(this.layout.id);
    if (verdict === 'fenced') throw new FencedError(this.layout.id, this.fence.epoch, this.fence.owner);
    if (SET_BACK.has(verdict)) throw new RewindError(this.layout.id, Number(frontier));
    if (!verdicts.includes(verdict)) throw new ScriptReplyError(script, reply);
    return answer;
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
  const verdict = await SCRIPTS.setControl.run(redis, [meta], [layout.incarnation, epoch, control, wake]);
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

/** Whether the store of a session is all there, and its clock is before a time that it had reached, epoch ms: it lost its newest writes. */
export async function isBehind(redis: Redis, layout: SessionLayout, clock: number): Promise<boolean> {
  const reads = layout.keys.map(({ meta }) => ['hmget', meta, 'incarnation', 'clock']);
  const metas = (await runCommands(redis, reads)) as (string | null)[][];
  return metas.every(([stamp]) => layout.owns(stamp)) && Number(metas[0]![1]) < clock;
}
