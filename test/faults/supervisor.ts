/** Starts the user's programs again when they end before the session does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Journal } from './journal.js';
import type { SessionUnderTest } from './session.js';

const SUPERVISE_EVERY_MS = 500;

/** Supervises from its creation until {@link stop}. */
export class Supervisor {
  private isDone = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly session: SessionUnderTest,
    private readonly journal: Journal,
  ) {
    this.running = this.watch();
  }

  async stop(): Promise<void> {
    this.isDone = true;
    await this.running;
  }

  private async watch(): Promise<void> {
    while (!this.isDone) {
      await delay(SUPERVISE_EVERY_MS);
      for (const program of this.session.programs) {
        if (program.hasChild || program.hasFinished || program.isEnding) continue;
        this.journal.note(`${program.name} starts again`);
        await program.start().catch(() => undefined); // the next round tries again
      }
    }
  }
}
