/** Collects what a program opens. The program calls `end` when it finishes, fails or is interrupted, which closes all in reverse order. */

/** The signals that interrupt a program, such as Ctrl-C. */
export const INTERRUPTING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/**
 * A signal this soon after the first one is the same interruption, ms: a terminal sends Ctrl-C to npm and to its program, and then npm sends
 * it again.
 */
export const SAME_INTERRUPTION_MS = 500;

export class Scope {
  readonly #controller = new AbortController();
  readonly #closers: (() => Promise<unknown>)[] = [];
  /** The call of {@link end} that has not returned. */
  #ending: Promise<void> | undefined;

  /** Aborted, with a reason, when the program must end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Registers a function that closes something. The last registered one runs first. */
  onEnd(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  /** Aborts {@link signal} with a reason, and closes nothing. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Runs all closing functions, even if some fail; then throws the first failure. Calls at the same time share one result. */
  end(): Promise<void> {
    return (this.#ending ??= this.#closeAll().finally(() => (this.#ending = undefined)));
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
