/**
 * What the loops of one stream share: how far it is, what it was told to do, and what of that is written to Postgres.
 * Nothing in it is the truth; that is in the store and in Postgres, from which another process can go on at any time.
 */
import type { SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { Control, SessionLayout, SessionWriter, StreamFigures } from '@barkeep/session-data';
import { WakeSignal } from './wake-signals.js';

/** `changed`: symbols came or left; whoever runs the stream begins it again with those of now. */
export type StreamOutcome = 'completed' | 'paused' | 'stopped' | 'changed';

const OUTCOMES = { pause: 'paused', stop: 'stopped', reload: 'changed' } as const;

const CHECKPOINT_EVERY_MS = 1_000;

export class StreamProgress {
  /** As last seen in the store, epoch ms. */
  clock: number;
  frontier: number;
  /** Why the stream ends before the session does; undefined while it goes on. */
  outcome: StreamOutcome | undefined;
  readonly clockMoved = new WakeSignal();
  private readonly ended = new AbortController();
  private checkpointAt = 0;
  private state: 'running' | 'waiting-upkeep' = 'running';

  constructor(
    private readonly layout: SessionLayout,
    private readonly epoch: number,
    private readonly sessions: SessionRepository<SessionSpec>,
    private readonly writer: SessionWriter,
    position: { frontier: number; clock: number },
    readonly figures: StreamFigures,
  ) {
    ({ frontier: this.frontier, clock: this.clock } = position);
  }

  /** Aborted when a loop failed, or the session is to pause or stop. */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  /** Ends all loops. */
  end(reason: unknown): void {
    this.ended.abort(reason);
  }

  /** Does what whoever drives the session wants. @throws when that is not to go on, after it ended all loops */
  obey(control: Control): void {
    if (control === 'run') return;
    this.outcome = OUTCOMES[control];
    this.end(new Error(`the session was ${this.outcome}`));
    this.signal.throwIfAborted();
  }

  async setState(state: 'running' | 'waiting-upkeep'): Promise<void> {
    if (state === this.state) return;
    this.state = state;
    if (await this.sessions.setStateIfEpoch(this.layout, this.epoch, state)) await this.writer.emitState(state);
  }

  /** Writes the position down, unless that was done less than `everyMs` ago. */
  async checkpoint(everyMs = CHECKPOINT_EVERY_MS): Promise<void> {
    if (Date.now() - this.checkpointAt < everyMs) return;
    this.checkpointAt = Date.now();
    const { frontier, clock } = this;
    await this.sessions.saveCheckpoint(this.layout, this.epoch, { frontier, clock });
  }
}
