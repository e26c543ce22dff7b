/**
 * The lifetime of one command. It closes resources in reverse order of opening when the command finishes, fails or is
 * interrupted. The first SIGINT, SIGTERM or SIGHUP ends the command in this way; a second signal exits immediately.
 */
import { once } from 'node:events';
import { Scope } from '@barkeep/local-system';
import { CliError, EXIT } from './cli-error.js';

/** The command was interrupted by a signal, such as Ctrl-C. */
export class InterruptedError extends CliError {
  constructor(message: string) {
    super(message, EXIT.interrupted);
  }
}

export class Lifetime extends Scope {
  /** Aborts the signal with an {@link InterruptedError}. */
  interrupt(signal: string): void {
    this.abort(new InterruptedError(`interrupted by ${signal}`));
  }

  /** Resolves on the first signal. */
  async interrupted(): Promise<void> {
    if (!this.signal.aborted) await once(this.signal, 'abort');
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work`, then closes the resources that it opened. */
export async function withLifetime<T>(work: (life: Lifetime) => Promise<T>): Promise<T> {
  const life = new Lifetime();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (life.signal.aborted) process.exit(EXIT.interrupted);
    life.interrupt(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
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
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
