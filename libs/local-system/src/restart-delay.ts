/** The delay before each restart of a process that ends unexpectedly: it doubles until the process has run for a minute. */

const DELAY_MIN_MS = 500;
const DELAY_MAX_MS = 30_000;
/** After this running time a process counts as healthy: its next restart has the shortest delay. */
const HEALTHY_AFTER_MS = 60_000;

export class RestartDelay {
  /** Unexpected ends since the process was last healthy. */
  #failures = 0;

  /** The delay before the next restart, ms. @param ranMs how long the process that ended had run */
  next(ranMs: number): number {
    this.#failures = ranMs > HEALTHY_AFTER_MS ? 1 : this.#failures + 1;
    return Math.min(DELAY_MIN_MS * 2 ** (this.#failures - 1), DELAY_MAX_MS);
  }
}
