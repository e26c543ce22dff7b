/**
 * Runs a work whenever somebody asks for it, one run at a time. An ask during a run makes it run once more, also one that comes
 * in the very turn in which the run ends: none is lost. Knows nothing of what is done.
 */
export class OneAtATime {
  private running: Promise<void> | undefined;
  private isAsked = false;

  /** @param run one run; it must not throw */
  constructor(private readonly run: () => Promise<void>) {}

  /** Done when a run that began after this call has ended, and nothing more was asked for. */
  ask(): Promise<void> {
    this.isAsked = true;
    this.running ??= this.runs();
    return this.running;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Done when nothing runs. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async runs(): Promise<void> {
    await Promise.resolve(); // `running` is set before anything runs
    while (this.isAsked) {
      this.isAsked = false;
      await this.run();
    }
    // In the same turn as the last look: whoever asks from here on begins anew.
    this.running = undefined;
  }
}
