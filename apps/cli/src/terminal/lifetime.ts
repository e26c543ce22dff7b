/**
 * The lifetime of one command. It closes resources in reverse order of opening when the command finishes, fails or is interrupted by SIGINT,
 * SIGTERM or SIGHUP. A second signal exits immediately, unless it follows within half a second: npm repeats each Ctrl-C.
 */
import { once } from 'node:events';
import { INTERRUPTING_SIGNALS, SAME_INTERRUPTION_MS, Scope } from '@barkeep/local-system';
import { CliError, EXIT } from './cli-error.js';

/** The command was interrupted by a signal, such as Ctrl-C. */
export class InterruptedError extends CliError {
  constructor(message: string) {
    super(message, EXIT.interrupted);
  }
}

export class Lifetime extends Scope {
  /** Starts the end of the command: aborts the lifetime's `signal` with an {@link InterruptedError}. @param signal such as `SIGINT` */
  interrupt(signal: string): void {
    this.abort(new InterruptedError(`interrupted by ${signal}`));
  }

  /** Resolves when the command is interrupted. */
  async interrupted(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, 'abort');
  }
}

/** Runs `work`, then closes the resources that it opened. */
export async function withLifetime<T>(work: (life: Lifetime) => Promise<T>): Promise<T> {
  const life = new Lifetime();
  let interruptedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interruptedAt === undefined) life.interrupt(signal);
    else if (performance.now() - interruptedAt > SAME_INTERRUPTION_MS) process.exit(EXIT.interrupted);
    interruptedAt ??= performance.now();
  };
  for (const signal of INTERRUPTING_SIGNALS) process.on(signal, onSignal);
  try {
    const result = await work(life).catch(async (error: unknown) => {
      await life.end().catch(() => undefined); // the first failure is the one to report
      // After Ctrl-C only the interruption is reported: it also ends the child programs, which causes other failures.
      if (!(error instanceof InterruptedError)) life.signal.throwIfAborted();
      throw error;
    });
    await life.end();
    return result;
  } finally {
    // After an interruption the handlers stay: the same signal may come once more while the error is printed.
    if (interruptedAt === undefined) for (const signal of INTERRUPTING_SIGNALS) process.off(signal, onSignal);
  }
}
