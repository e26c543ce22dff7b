/** Runs a background task on request, one run at a time. Requests that arrive during a run share one further run. No request is lost. */
export class OneAtATime {
  /** Resolves when no request is left; undefined while nothing runs. */
  private running: Promise<void> | undefined;
  private isRequested = false;

  /** @param run performs one run; it must not throw */
  constructor(private readonly run: () => Promise<void>) {}

  /** Requests a run, which starts after this call. Resolves when that run has ended and no other request is left. */
  request(): Promise<void> {
    this.isRequested = true;
    this.running ??= this.runRequested();
    return this.running;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Resolves when no run is under way. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async runRequested(): Promise<void> {
    await Promise.resolve(); // lets `request` set `running` before the first run starts
    while (this.isRequested) {
      this.isRequested = false;
      await this.run();
    }
    // Nothing was awaited since the check, so no request is waiting. The next request starts a new loop.
    this.running = undefined;
  }
}
