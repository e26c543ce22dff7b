/**
 * The clock's wait for upkeep. When it has lasted for a moment, the session's state becomes `waiting-upkeep`. Upkeep is requested
 * again after a while, because a request may be lost, and then whenever the wait has doubled.
 */
import { hintUpkeep } from '../lifecycle/index.js';
import type { StreamParts } from './stream-parts.js';
import type { StreamProgress } from './stream-progress.js';
import { LOOK_AGAIN_MS } from './wake-signals.js';

/** When the clock has waited this long, the state of the session shows it. */
const SHOWN_AFTER_MS = 300;
const REQUEST_AGAIN_MS = 5_000;

export class UpkeepWait {
  /** When the wait began, in `performance.now()` time; undefined while there is none. */
  private since: number | undefined;
  private requestAfterMs = REQUEST_AGAIN_MS;

  constructor(
    private readonly parts: Pick<StreamParts, 'layout' | 'producer' | 'warn'>,
    private readonly progress: Pick<StreamProgress, 'setState'>,
  ) {}

  /** Begins the wait or continues it. @returns how long to wait for a message before the next call, ms */
  async continue(): Promise<number> {
    this.since ??= performance.now();
    const waitedMs = performance.now() - this.since;
    if (waitedMs < SHOWN_AFTER_MS) return SHOWN_AFTER_MS;
    await this.progress.setState('waiting-upkeep');
    if (waitedMs >= this.requestAfterMs) {
      this.requestAfterMs *= 2;
      hintUpkeep(this.parts);
    }
    return LOOK_AGAIN_MS;
  }

  /** The clock no longer waits for upkeep. The state of the session stays as it is. */
  end(): void {
    this.since = undefined;
    this.requestAfterMs = REQUEST_AGAIN_MS;
  }
}
