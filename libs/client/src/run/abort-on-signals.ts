/**
 * Ends the runs of this process in order when a signal, such as Ctrl-C, ends the process. Otherwise the keys and the session of a run would
 * stay on the servers that the environment names. A signal for which the program already has a listener is left to the program.
 */
import { INTERRUPTING_SIGNALS, SAME_INTERRUPTION_MS, type Scope } from '@barkeep/local-system';

/** The runs that have not ended. */
const running = new Set<Scope>();
/** The first signal that arrived while runs were in progress. */
let interruption: Interruption | undefined;

interface Interruption {
  signal: NodeJS.Signals;
  at: number;
  /** False when a listener that the program added later got the signal as well: then the program decides whether it ends. */
  endsProcess: boolean;
  /** Resolves, by `end`, when all runs have ended. */
  ended: Promise<void>;
  end: () => void;
}

/** Aborts the scope of a run when a signal arrives. When all runs of the process have ended, the signal ends the process. */
export function abortOnSignals(scope: Scope): void {
  if (running.size === 0)
    for (const signal of INTERRUPTING_SIGNALS) if (process.listenerCount(signal) === 0) process.on(signal, onSignal);
  running.add(scope);
  if (interruption) interrupt(scope, interruption.signal); // another run of the process is still ending
  scope.onEnd(async () => {
    running.delete(scope);
    if (running.size === 0) stopListening();
    await interruption?.ended; // waits for the other runs, because the error of this run may end the process
  });
}

/** Interrupts all runs. A second signal ends the process at once; within {@link SAME_INTERRUPTION_MS} it counts as the first one. */
function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now();
  if (interruption) {
    if (now - interruption.at > SAME_INTERRUPTION_MS) stopListening();
    return;
  }
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const endsProcess = process.listenerCount(signal) === 1; // only this listener
  interruption = { signal, at: now, endsProcess, ended, end };
  for (const scope of running) interrupt(scope, signal);
}

function interrupt(scope: Scope, signal: NodeJS.Signals): void {
  scope.abort(new Error(`interrupted by ${signal}`));
}

/** Removes the listeners, and repeats the signal if it is to end the process. */
function stopListening(): void {
  for (const signal of INTERRUPTING_SIGNALS) process.off(signal, onSignal);
  const { signal, endsProcess = false, end } = interruption ?? {};
  interruption = undefined;
  end?.();
  if (signal && endsProcess) process.kill(process.pid, signal);
}
