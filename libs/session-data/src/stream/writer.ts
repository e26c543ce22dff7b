/** The writes of a session's owner, who streams it and moves its clock. Each is fenced by (epoch, owner), and may be repeated. */
import { encodeDays } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import { type ClockEvent, eventNumber, EVENTS_KEPT, emitState, publishEvents } from '../events/index.js';
import { ConsumersChangedError, FencedError, RewindError, SessionLostError } from '../errors.js';
import type { SessionLayout, Window } from '../layout/index.js';
import { runCommands, type Script, type ScriptArgument, ScriptReplyError, SCRIPTS } from '../redis/index.js';
import { streamFields, type StreamFigures, type StreamWait } from './stream-figures.js';
import { flushWindow, type PartitionWindow } from './window-flush.js';

/** Verdicts of scripts when the store lost writes that this writer had seen stored. The answer then has the store's frontier. */
const SET_BACK: ReadonlySet<string> = new Set(['rewind', 'set-back', 'beyond-frontier']);

/** Identifies the owner of a session: an epoch that PostgreSQL issues, and the name of the process. */
export interface Fence {
  epoch: number;
  owner: string;
}

/** What the owner does next; `reload`, which is never stored: the symbols changed, so it starts again with the new list. */
export type Control = 'run' | 'pause' | 'stop' | 'reload';

/** The frontiers and the clock of a store, epoch ms. */
export interface ClaimedPosition {
  /** The lowest frontier of all partitions. */
  frontier: number;
  /** By partition; the session's end for a vacant partition. */
  frontiers: readonly number[];
  clock: number;
}

/** The conditions of a move of the clock, and what is stored with it. */
export interface ClockMove {
  /** The clock that the owner last saw, epoch ms; a store whose clock is earlier has lost writes. @default 0 */
  from?: number;
  /** The clock may not pass the frontier, or the watermark, of any partition. @default 'frontier' */
  limit?: 'frontier' | 'watermark';
  /** Events to emit, in order; those that were emitted before are skipped. @default one `clock` event at the new time */
  events?: readonly ClockEvent[];
  /** How many joins of consumers the owner knew when it decided. The move is refused if there are more. @default joins are not compared */
  joins?: number | undefined;
  /** Figures to store in the same call. */
  figures?: StreamFigures;
  /** What the stream waits for; null when it does not wait. @default the stored wait stays */
  wait?: StreamWait | null | undefined;
}

export class SessionWriter {
  constructor(
    private readonly redis: Redis,
    readonly layout: SessionLayout,
    private readonly fence: Fence,
  ) {}

  /** Creates an empty store, unless it exists: frontier, watermark and clock at the session's start. @throws SessionLostError */
  async init(): Promise<void> {
    const { start, spec, keys, historyDays, days, membership } = this.layout;
    const { version } = membership;
    const symbols = version > 0 ? JSON.stringify(membership) : ''; // version 0: the symbols of the spec
    const args = [start, JSON.stringify(spec), historyDays, encodeDays(days), version, symbols];
    for (const [partition, { meta }] of keys.entries()) {
      await this.run(SCRIPTS.init, partition, [meta], args, 'created', 'exists');
    }
  }

  /** Makes this writer the owner of the store. @returns the frontiers and the clock @throws SessionLostError, FencedError */
  async claim(): Promise<ClaimedPosition> {
    const claims = this.layout.keys.map(({ meta }, partition) =>
      this.run(SCRIPTS.claim, partition, [meta], [], 'claimed'),
    );
    const positions = (await Promise.all(claims)).map(([, frontier, clock], partition) => {
      return { frontier: this.layout.isVacant(partition) ? this.layout.end : Number(frontier), clock: Number(clock) };
    });
    const frontiers = positions.map(({ frontier }) => frontier);
    const { clock } = positions[0]!; // partition 0 has the session's clock
    // The previous owner may have crashed after it moved the clock and before it published the changes up to the clock.
    await publishEvents(this.redis, this.layout, clock);
    return { frontier: Math.min(...frontiers), frontiers, clock };
  }

  /** Writes one window of one partition, once, and moves the frontier to its end. @throws FencedError, RewindError, SessionLostError */
  async flush(window: Window, part: PartitionWindow): Promise<Control> {
    const reply = await flushWindow(this.redis, this.layout, this.fenceArguments(part.partition), window, part);
    const [, , control] = this.checkAnswer('flush', reply, ['written', 'done']);
    return (control ?? 'run') as Control;
  }

  /**
   * Moves the clock to `to`, epoch ms, and emits the events of the move. The clock never goes back.
   * @throws ConsumersChangedError when a consumer joined after the owner decided, FencedError, RewindError when the store's
   *   clock is before `from` or the limit is before `to`, SessionLostError
   */
  async moveClock(to: number, move: ClockMove = {}): Promise<Control> {
    const { layout, fence } = this;
    const { from = 0, limit = 'frontier', events = [{ type: 'clock', time: to }], figures, wait, joins = '' } = move;
    const isMove = to > from;
    const { meta, events: eventsKey, stream: figuresKey } = layout.keysOf(0);
    // The other partitions' limits are checked only when the clock moves.
    const others = isMove ? layout.keys.filter((_, partition) => partition > 0 && !layout.isVacant(partition)) : [];
    const keys = [meta, eventsKey, figuresKey, ...others.map((other) => other.meta)];
    const args: ScriptArgument[] = [layout.incarnation, fence.epoch, fence.owner, to, from, limit, joins];
    // A new store has its clock at the session's start without a move, so the `clock` event of that time counts as emitted.
    args.push(EVENTS_KEPT, eventNumber({ type: 'clock', time: layout.start }));
    const fields = streamFields(figures, wait);
    args.push(fields.length, ...fields.flat());
    for (const event of events) args.push(eventNumber(event), fieldsOf(event));
    const reply = await SCRIPTS.moveClock.run(this.redis, keys, args);
    const [verdict, control, version] = this.checkAnswer('moveClock', reply, ['moved', 'joined']);
    if (verdict === 'joined') throw new ConsumersChangedError(layout.id);
    if (isMove || events.length > 0) await publishEvents(this.redis, layout, to);
    const hasOldSymbols = Number(version) !== layout.membership.version;
    if (control === 'run' && hasOldSymbols) return 'reload';
    return control as Control;
  }

  /** Marks a day whose source gave no answer in time, and emits `day-timed-out` once. @throws FencedError, SessionLostError */
  async markTimedOut(dayIndex: number, timeoutMs: number): Promise<void> {
    const { meta, changes, stream, pending } = this.layout.keysOf(0);
    const { date, close } = this.layout.grid(dayIndex);
    const fields = ['type', 'day-timed-out', 'time', close, 'date', date, 'timeoutMs', timeoutMs];
    const keys = [meta, changes, stream, pending];
    await this.run(SCRIPTS.markTimedOut, 0, keys, [date, close, EVENTS_KEPT, ...fields], 'marked');
  }

  /** Emits a state of the session, unless it was the last one emitted. */
  async emitState(state: string): Promise<void> {
    await emitState(this.redis, this.layout, state);
  }

  /**
   * Runs a fenced script of one partition. @param args those after the fence @param verdicts that mean success
   * @returns the script's answer: the verdict, then further values @throws FencedError, RewindError, SessionLostError
   */
  async run(
    script: Script,
    partition: number,
    keys: readonly string[],
    args: readonly ScriptArgument[],
    ...verdicts: string[]
  ): Promise<string[]> {
    const reply = await script.run(this.redis, keys, [...this.fenceArguments(partition), ...args]);
    return this.checkAnswer(script.name, reply, verdicts);
  }

  /** The first arguments of every fenced script. The stamp tells sessions with the same id apart: each begins at epoch 1 again. */
  private fenceArguments(partition: number): ScriptArgument[] {
    return [this.layout.stampOf(partition), this.fence.epoch, this.fence.owner];
  }

  /** Turns a script's refusal into its error. @returns the answer as a list @throws FencedError, RewindError, SessionLostError */
  private checkAnswer(script: string, reply: unknown, verdicts: readonly string[]): string[] {
    // Some scripts answer only a verdict.
    const answer = [reply].flat() as string[];
    const [verdict = '', frontier] = answer;
    if (verdict === 'lost') throw new SessionLostError(this.layout.id);
    if (verdict === 'fenced') throw new FencedError(this.layout.id, this.fence.epoch, this.fence.owner);
    if (SET_BACK.has(verdict)) throw new RewindError(this.layout.id, Number(frontier));
    if (!verdicts.includes(verdict)) throw new ScriptReplyError(script, reply);
    return answer;
  }
}

/** The fields and values of an event, as JSON. */
function fieldsOf({ type, time, fields = {} }: ClockEvent): string {
  return JSON.stringify(['type', type, 'time', time, ...Object.entries(fields).flat()].map(String));
}

/**
 * Sets what the owner does next. @param epoch of the row in PostgreSQL that has the control
 * @returns `stale`, with nothing set, when the store was claimed with a later epoch; `gone` when there is no store
 */
export async function setControl(
  redis: Redis,
  layout: SessionLayout,
  epoch: number,
  control: Exclude<Control, 'reload'>,
): Promise<'set' | 'stale' | 'gone'> {
  const { meta, wake } = layout.keysOf(0);
  const args = [layout.incarnation, epoch, control, wake];
  return (await SCRIPTS.setControl.run(redis, [meta], args)) as 'set' | 'stale' | 'gone';
}

/** The control in the store of a session, and the epoch of the last claim; undefined when there is no store. */
export async function readControl(
  redis: Redis,
  layout: SessionLayout,
): Promise<{ control: Control; epoch: number } | undefined> {
  const { meta } = layout.keysOf(0);
  const [stamp, control, epoch] = await redis.hmget(meta, 'incarnation', 'control', 'epoch');
  return layout.owns(stamp) ? { control: control as Control, epoch: Number(epoch) } : undefined;
}

/** Whether the store was set back: its clock is before `clock` (epoch ms), or it has days that were removed. False without a store. */
export async function isBehind(redis: Redis, layout: SessionLayout, clock: number): Promise<boolean> {
  const reads = layout.keys.map(({ meta }) => ['hmget', meta, 'incarnation', 'clock', 'retainedFrom']);
  const metas = (await runCommands(redis, reads)) as (string | null)[][];
  if (!metas.every(([stamp]) => layout.owns(stamp))) return false;
  const firstKept = layout.firstKeptAt(clock);
  const hasRemovedDays = metas.some(
    ([, , retainedFrom], partition) =>
      !layout.isVacant(partition) && layout.firstKept(Number(retainedFrom)) < firstKept,
  );
  return Number(metas[0]![1]) < clock || hasRemovedDays;
}
