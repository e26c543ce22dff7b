/**
 * Stops a process in order at SIGTERM, SIGINT or SIGHUP: every part registers a stop function and its turn.
 *
 *   starting ── signal ──► exit 143, 130 or 129 at once
 *   running  ── signal ──► stopping: one turn after another ──► exit 0, or 1 when a part failed or took too long
 *                             └── second signal ──► exit 143, 130 or 129 at once
 *
 * Guarantees that a part that hangs or throws does not prevent the later turns.
 */

/** The turns in which parts stop, lowest number first. Parts of the same turn stop at the same time. */
export const STOP_ORDER = { accepting: 0, upkeep: 10, streams: 20, http: 30, pools: 40 } as const;

type StopOrder = (typeof STOP_ORDER)[keyof typeof STOP_ORDER];

/** How one part stopped. `late`: it did not stop within the time limit. */
interface StopOutcome {
  name: string;
  outcome: 'stopped' | 'late' | 'failed';
  tookMs: number;
  error?: unknown;
}

interface Part {
  name: string;
  order: StopOrder;
  stop: () => Promise<void> | void;
}

export class StopSequence {
  private readonly parts: Part[] = [];
  private running: Promise<StopOutcome[]> | undefined;

  /** @param turnLimitMs time limit of each turn, ms */
  constructor(private readonly turnLimitMs: number) {}

  get stopping(): boolean {
    return this.running !== undefined;
  }

  /** Registers a part. `stop` is called once and resolves when the part has ended. */
  onStop(name: string, order: StopOrder, stop: () => Promise<void> | void): void {
    this.parts.push({ name, order, stop });
  }

  /** Stops all parts, turn by turn. Further calls return the result of the first one. Never rejects. */
  run(): Promise<StopOutcome[]> {
    return (this.running ??= this.stopAll());
  }

  private async stopAll(): Promise<StopOutcome[]> {
    const outcomes: StopOutcome[] = [];
    const turns = [...new Set(this.parts.map(({ order }) => order))].sort((a, b) => a - b);
    for (const turn of turns) {
      const parts = this.parts.filter(({ order }) => order === turn);
      outcomes.push(...(await Promise.all(parts.map((part) => stopWithin(part, this.turnLimitMs)))));
    }
    return outcomes;
  }
}

/** Stops one part. Never rejects. */
async function stopWithin({ name, stop }: Part, turnLimitMs: number): Promise<StopOutcome> {
  const from = performance.now();
  const took = () => Math.round(performance.now() - from);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, turnLimitMs, 'late');
  });
  const stopped = Promise.resolve()
    .then(stop)
    .then(() => 'stopped' as const);
  try {
    return { name, outcome: await Promise.race([stopped, late]), tookMs: took() };
  } catch (error) {
    return { name, outcome: 'failed', tookMs: took(), error };
  } finally {
    clearTimeout(timer);
  }
}

/** The signals that end a process, each with the exit code: 128 + the number of the signal. */
const SIGNALS = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;

/**
 * Ends the process at the first signal, until {@link stopOnSignals} replaces these handlers. A service may wait for its servers for
 * hours, and the first process of a container ignores a signal that has no handler.
 */
export function endOnSignals(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(code));
}

/** Runs the sequence at the first signal and ends the process; a second signal ends it at once. */
export function stopOnSignals(sequence: StopSequence, report: (outcomes: StopOutcome[]) => void): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    const earlier = process.rawListeners(signal) as NodeJS.SignalsListener[];
    process.on(signal, () => {
      if (sequence.stopping) process.exit(code);
      void sequence.run().then((outcomes) => {
        report(outcomes);
        process.exit(outcomes.every(({ outcome }) => outcome === 'stopped') ? 0 : 1);
      });
    });
    // Removed only now: with no listener at all Node would drop a signal that came while the event loop was busy.
    for (const listener of earlier) process.off(signal, listener);
  }
}
