/**
 * Puts right what a crash or the loss of a queue left behind: a session that should stream has its job, one that wants
 * upkeep has its scheduler, one that is past its time is removed. Every coordinator does it; doing it twice is harmless.
 */
import type { SessionRepository } from '@barkeep/bar-repository';
import type { SessionSpec } from '@barkeep/bars';
import type { UpkeepProducer } from '@barkeep/upkeep-queues';
import type { SessionLifecycle } from '../http/session-lifecycle.js';

export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly sessions: SessionRepository<SessionSpec>,
    private readonly producer: UpkeepProducer,
    private readonly lifecycle: SessionLifecycle,
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
    await this.round;
  }

  async reconcile(): Promise<void> {
    for (const { id, incarnation, run, spec } of await this.sessions.unfinished()) {
      const session = { sessionId: id, incarnation };
      const stream = { ...session, run };
      if (!(await this.producer.isStreamQueued(stream))) await this.producer.add('stream', stream);
      if (spec.upkeep.enabled) await this.producer.schedule(session, spec.upkeep.everySeconds * 1000);
    }
    for (const { id } of await this.sessions.expired(new Date())) await this.lifecycle.remove(id);
  }
}
