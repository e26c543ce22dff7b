/**
 * The time in which a program uses what it opened: all of it is closed in reverse order, whether the program finished,
 * failed or was told to end.
 */

export class Scope {
  readonly #controller = new AbortController();
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** Aborted when the program shall end, with the reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Registers what closes something; the last registered runs first. */
  onEnd(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /** Asks for the end; whoever waits on {@link signal} gets the reason. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Closes everything, even when closing one of it fails; then throws the first of these failures. */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
