/**
 * State that the loops of one stream share: its position, why it ends, and what its clock waits for. All of it is a copy: the
 * store and Postgres hold the original, and another process can continue from them at any time.
 */
import type { Control, StreamFigures, StreamWait } from '@barkeep/session-data';
import { DayChanges } from '../figures/index.js';
import { controlOf } from '../lifecycle/index.js';
import type { StreamParts } from './stream-parts.js';
import { WakeSignal } from './wake-signals.js';

/** `changed`: symbols were added or removed; the stream starts again with the current ones. */
export type StreamOutcome = 'completed' | 'paused' | 'stopped' | 'changed';

const OUTCOMES = { pause: 'paused', stop: 'stopped', reload: 'changed' } as const;

const CHECKPOINT_EVERY_MS = 1_000;
const FOLLOW_EVERY_MS = 1_000;
const WAIT_SHOWN_AFTER_MS = 1_000;

export class StreamProgress {
  /** Clock and frontier as last seen in the store, epoch ms. */
  clock: number;
  frontier: number;
  /** Why the stream ended before the session did; undefined otherwise. */
  outcome: StreamOutcome | undefined;
  readonly figures: StreamFigures;
  readonly dayChanges: DayChanges;
  /** Wakes the loop that moves the frontier, which stays a bounded time ahead of the clock. */
  readonly clockMoved = new WakeSignal();
  /** Aborted when a loop failed, or the session is to pause, stop or reload its symbols. */
  readonly ended = new AbortController();
  private state: 'running' | 'waiting-upkeep' = 'running';
  private wait: StreamWait | undefined;
  // These three are in `performance.now()` time: unlike the time of day, it never jumps.
  private waitFrom = 0;
  private checkpointAt = -Infinity;
  private followedAt = performance.now();

  constructor(
    private readonly parts: Pick<StreamParts, 'epoch' | 'layout' | 'metrics' | 'sessions' | 'writer'>,
    start: Pick<StreamProgress, 'frontier' | 'clock' | 'figures'>,
  ) {
    ({ frontier: this.frontier, clock: this.clock, figures: this.figures } = start);
    this.dayChanges = new DayChanges(this.figures, parts.metrics);
  }

  /** Applies the control that the store holds: any other than `run` ends all loops. @throws the reason of that end */
  applyControl(control: Control): void {
    if (control === 'run') return;
    this.outcome = OUTCOMES[control];
    this.ended.abort(new Error(`the session was ${this.outcome}`));
    this.ended.signal.throwIfAborted();
  }

  /**
   * Applies a pause, stop or end that is in the row but did not reach the store. Reads the row about once a second.
   * @throws the reason of that end, what Postgres throws
   */
  async followRow(): Promise<void> {
    if (performance.now() - this.followedAt < FOLLOW_EVERY_MS) return;
    this.followedAt = performance.now();
    const state = await this.parts.sessions.stateOf(this.parts.layout);
    // A removed session has no state: the next write finds that its store is gone.
    if (state) this.applyControl(controlOf(state) ?? 'stop');
  }

  /** Records what the clock waits for; undefined: nothing. @param until epoch ms at which the wait ends at the latest, if known */
  waitFor(kind: StreamWait['kind'] | undefined, until: number | null = null): void {
    if (kind === undefined) this.wait = undefined;
    else if (this.wait?.kind === kind) this.wait.until = until;
    else {
      this.wait = { kind, since: Date.now(), until };
      this.waitFrom = performance.now();
    }
  }

  /** The wait that readers are to see; null when there is none or it is still short. */
  get shownWait(): StreamWait | null {
    const { wait } = this;
    return wait && performance.now() - this.waitFrom >= WAIT_SHOWN_AFTER_MS ? wait : null;
  }

  /** Records the session's state in Postgres and emits its event, when it changed. */
  async setState(state: 'running' | 'waiting-upkeep'): Promise<void> {
    if (state === this.state) return;
    this.state = state;
    const { sessions, layout, epoch, writer } = this.parts;
    if (await sessions.setStateIfEpoch(layout, epoch, state)) await writer.emitState(state);
  }

  /** Saves the position in Postgres, unless it was saved less than `everyMs` ago. */
  async checkpoint(everyMs = CHECKPOINT_EVERY_MS): Promise<void> {
    if (performance.now() - this.checkpointAt < everyMs) return;
    this.checkpointAt = performance.now();
    const { frontier, clock } = this;
    await this.parts.sessions.saveCheckpoint(this.parts.layout, this.parts.epoch, { frontier, clock });
  }
}
