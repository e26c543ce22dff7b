/**
 * Puts right what a crash or the loss of a queue left behind: a session that should stream has its job, one that wants
 * upkeep has its scheduler, one that is past its time is removed. Every coordinator does it; doing it twice is harmless.
 */
import type { SessionRepository, SessionRow } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { SessionLifecycle } from './session-lifecycle.js';
import type { Certificates } from './certificates.js';
import type { SymbolChanges } from './symbol-changes.js';

/** Completed sessions that one round looks at, the newest. */
const COMPLETED_MAX = 1_000;

export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  /** Incarnations of completed sessions that have nothing left to repair: they are not looked at again. */
  private settled = new Set<string>();

  constructor(
    private readonly sessions: SessionRepository<SessionSpec>,
    private readonly producer: UpkeepProducer,
    private readonly lifecycle: SessionLifecycle,
    private readonly changes: SymbolChanges,
    private readonly certificates: Certificates,
    /** True when a completed session has nothing left to repair, or no store any more. */
    private readonly isSettled: (row: SessionRow<SessionSpec>) => Promise<boolean>,
    private readonly warn: (message: string, error: unknown) => void,
  ) {}

  /** Begins; the next round starts `everyMs` after the last one ended. */
  start(everyMs: number): void {
    this.timer = setTimeout(() => {
      this.round = this.reconcile()
        .catch((error: unknown) => this.warn('a round of the reconciler failed', error))
        .finally(() => this.timer && this.start(everyMs));
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.stopping.abort();
    await this.round;
  }

  async reconcile(): Promise<void> {
    for (const row of await this.sessions.unfinished()) {
      const { id, incarnation, run, spec } = row;
      if (await this.changes.isBehind(row)) await this.changes.updateSymbols(row);
      const session = { sessionId: id, incarnation };
      const stream = { ...session, run };
      if (!(await this.producer.isStreamQueued(stream))) await this.producer.add('stream', stream);
      if (spec.upkeep.enabled) await this.producer.schedule(session, spec.upkeep.everySeconds * 1000);
    }
    await this.scheduleUnsettled();
    for (const { id } of await this.sessions.expired(new Date())) await this.lifecycle.remove(id);
    // Last, as it may take long: a certificate reads all of its session.
    await this.untilStopped(this.certificates.catchUp(this.warn, this.stopping.signal));
  }

  /** A certificate that is under way when the process stops is not waited for: another round makes it again. */
  private async untilStopped(work: Promise<void>): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return void work.catch(() => undefined);
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    signal.addEventListener('abort', stop);
    // What fails after the stop does so because the connections are gone.
    await Promise.race([work, stopped]).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) work.catch(() => undefined);
  }

  /** Upkeep goes on after the clock has reached the end, until no bar is missing that might still come. */
  private async scheduleUnsettled(): Promise<void> {
    const scheduled = new Set(await this.producer.scheduled());
    const { rows } = await this.sessions.list({ state: 'completed', limit: COMPLETED_MAX });
    const settled = new Set<string>();
    for (const row of rows) {
      const { id, incarnation, spec } = row;
      if (await this.changes.isBehind(row)) await this.changes.updateSymbols(row);
      if (!spec.upkeep.enabled || scheduled.has(incarnation)) continue;
      if (this.settled.has(incarnation) || (await this.isSettled(row))) settled.add(incarnation);
      else await this.producer.schedule({ sessionId: id, incarnation }, spec.upkeep.everySeconds * 1000);
    }
    this.settled = settled;
  }
}
