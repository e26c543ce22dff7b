/**
 * Lets a session continue when its source is silent for too long: the day is marked `timed-out` and keeps the bars that came;
 * its other windows stay empty. The missing slots are gaps, which upkeep repairs.
 */
import type { Window } from '@barkeep/session-data';
import type { MissingWindows } from './missing-windows.js';
import type { PrefetchedWindows } from './prefetched-windows.js';
import { SilentWindowError } from './timed-source.js';
import type { WindowRead } from './window-read.js';
import type { WindowSource } from './window-source.js';

export class SilentDays implements WindowSource {
  /**
   * @param timedOut days whose source was silent; days are added to it
   * @param markTimedOut records a day in the store
   */
  constructor(
    private readonly inner: Pick<PrefetchedWindows, 'read' | 'skip'>,
    private readonly missing: MissingWindows,
    private readonly timedOut: Set<number>,
    private readonly markTimedOut: (dayIndex: number, error: SilentWindowError) => Promise<void>,
  ) {}

  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    if (this.timedOut.has(window.dayIndex)) {
      await this.inner.skip(window, stop);
      return this.missing.empty(window);
    }
    try {
      return await this.inner.read(window, stop);
    } catch (error) {
      if (!(error instanceof SilentWindowError)) throw error;
      await this.markTimedOut(window.dayIndex, error);
      this.timedOut.add(window.dayIndex);
      return error.read;
    }
  }
}
