/**
 * Gives the stream the windows that it requests, in order. While a day is flushed or waits for its barrier, the next days are read and
 * packed (prefetches.ts). A window whose prefetch failed is read again in its turn; only an error of that read reaches the caller.
 *
 * If the source is silent in that read, the day has timed out: it keeps the bars that came, and its later windows stay empty. The missing
 * slots are gaps, which upkeep repairs.
 */
import { orAborted } from '@barkeep/bars';
import type { Window } from '@barkeep/session-data';
import { Prefetches, type PrefetchParts } from './prefetches.js';
import type { SilentSourceError } from './silence.js';
import type { WindowRead } from './window-read.js';

export interface SupplyParts extends PrefetchParts {
  /** Records in the store that a day timed out. */
  markTimedOut: (dayIndex: number, error: SilentSourceError) => Promise<void>;
}

/** A day waits at most this long for the rows of the next one: a silent source must not delay rows that have come. */
const DAY_HELD_MS = 1_000;

export class PrefetchedWindows {
  private readonly prefetches: Prefetches;

  /** @param frontier epoch ms; the first window is the one after it */
  constructor(
    private readonly parts: SupplyParts,
    frontier: number,
  ) {
    this.prefetches = new Prefetches(parts, frontier);
  }

  /**
   * Returns the window whose turn it is. After the last window of a day this also waits for the start of the next day.
   * @throws the signal's reason, what Postgres throws
   */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const { source, timedOut } = this.parts;
    const prefetched = await this.prefetches.take(window, stop);
    const isTimedOut = timedOut.has(window.dayIndex);
    const read = isTimedOut ? source.emptyWindow(window) : (prefetched ?? (await this.readInTurn(window, stop)));
    this.prefetches.readAhead(stop);
    await this.waitForNextDay(window);
    return read;
  }

  close(): Promise<void> {
    return this.prefetches.close();
  }

  /** Reads a window while the stream waits for it. When the source is silent, the day has timed out. */
  private readInTurn(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const { source, dayChanges, timedOut, markTimedOut } = this.parts;
    return this.prefetches.whileReadingAhead(async () => {
      const read = await source.read(window, stop);
      if (read.silence) {
        await markTimedOut(window.dayIndex, read.silence);
        timedOut.add(window.dayIndex);
      } else dayChanges.windowRead(window);
      return read;
    }, stop);
  }

  /**
   * After a day's last window, waits a bounded time for the first window of the next day if it is being prefetched. The day is
   * flushed after that wait. So when the clock closes the day, the next day is mostly in memory.
   */
  private async waitForNextDay({ dayIndex, toSlot }: Window): Promise<void> {
    const isLastOfDay = toSlot === this.parts.layout.grid(dayIndex).slotCount;
    if (!isLastOfDay) return;
    const next = this.prefetches.first; // of the next day: the windows of this day are all taken
    if (!next) return;
    await orAborted(() => next, AbortSignal.timeout(DAY_HELD_MS)).catch(() => undefined); // `next` never rejects
  }
}
