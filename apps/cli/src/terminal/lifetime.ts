/**
 * The time between the start and the end of one command: what it opened is closed in reverse order, whether it
 * finished, failed or was interrupted. The first SIGINT or SIGTERM asks for an ordered end, a second one ends at once.
 */
import { Scope } from '@barkeep/local-system';
import { CliError } from './cli-error.js';

/** The user, or the system, asked the command to end. */
export class InterruptedError extends CliError {
  constructor(signal: string) {
    super(`interrupted by ${signal}`);
  }
}

export class Lifetime extends Scope {
  /** Aborts its signal, with an {@link InterruptedError}. */
  interrupt(signal: string): void {
    this.abort(new InterruptedError(signal));
  }

  /** Resolves when the command is asked to end. */
  interrupted(): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}

/** Runs `work` and closes what it opened. */
export async function withLifetime<T>(work: (life: Lifetime) => Promise<T>): Promise<T> {
  const life = new Lifetime();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (life.signal.aborted) process.exit(130);
    life.interrupt(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const result = await work(life).catch(async (error: unknown) => {
      await life.end().catch(() => undefined); // what failed first is what the user has to know
      throw error;
    });
    await life.end();
    return result;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
