/**
 * The source of one session's bars, made of small steps: rows or packed days → shared with other sessions → time limit →
 * prefetch → days whose source was silent. Opened once by a stream; the last two steps start again when the store lost data.
 */
import { hasPacks, symbolIds } from '@barkeep/bar-repository';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { ChunkPool } from './chunk-pool.js';
import { MissingWindows } from './missing-windows.js';
import { PackedReader } from './packed-reader.js';
import { PrefetchedWindows, type PrefetchParts } from './prefetched-windows.js';
import { RowReader } from './row-reader.js';
import { SharedReader } from './shared-reader.js';
import { KEPT_MS, type SharedWindows, type SharingSession } from './shared-windows.js';
import { SilentDays } from './silent-days.js';
import { SourceSymbols } from './source-symbols.js';
import { TimedSource, type SilentWindowError } from './timed-source.js';
import type { WindowRead } from './window-read.js';
import type { WindowReader } from './window-source.js';

export interface SessionSourceParts {
  dataSource: DataSource;
  /** Memory of windows that are not shared. */
  pool: ChunkPool;
  shared: SharedWindows;
  layout: SessionLayout;
  datasetId: number;
  /** Other sessions that stream the same are about to start. */
  isOneOfMany: boolean;
}

export interface WindowsParts extends Omit<PrefetchParts, 'layout' | 'timedOut'> {
  /** Days whose source was silent; days are added to it. */
  timedOut: Set<number>;
  markTimedOut: (dayIndex: number, error: SilentWindowError) => Promise<void>;
}

export class SessionSource {
  private constructor(
    private readonly layout: SessionLayout,
    private readonly timed: TimedSource,
    private readonly missing: MissingWindows,
    /** Leaves the sessions that share windows. */
    readonly close: () => void,
  ) {}

  /** Looks the symbols up once. Call `close()` at the end. @param frontiers of the partitions, epoch ms */
  static async open(parts: SessionSourceParts, frontiers: readonly number[]): Promise<SessionSource> {
    const { dataSource, pool, shared, layout, datasetId, isOneOfMany } = parts;
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    const symbols = new SourceSymbols(layout, new Map([...ids].map(([symbol, id]) => [id, symbol])));
    const missing = new MissingWindows(layout, frontiers, pool);
    const rows = new RowReader(dataSource, layout, datasetId, symbols);
    const own: WindowReader = isPacked ? new PackedReader(dataSource, layout, datasetId, symbols, rows) : rows;
    const session: SharingSession = {
      content: `${datasetId} ${layout.spec.prices} ${symbols.name}`,
      from: missing.from,
      to: layout.end,
      awaitsUntil: isOneOfMany ? performance.now() + KEPT_MS : 0,
    };
    const reader = new SharedReader(own, { dataSource, datasetId, layout, missing, shared, session });
    shared.register(session);
    const timed = new TimedSource(reader, missing, layout.spec.feed.timeoutSeconds * 1000);
    return new SessionSource(layout, timed, missing, () => shared.leave(session));
  }

  /** Reads every window for all partitions from now on: the store lost some of its data. */
  forgetFrontiers(): void {
    this.missing.forgetFrontiers();
  }

  /** The windows after `frontier`, epoch ms. */
  windowsFrom(frontier: number, { timedOut, markTimedOut, ...parts }: WindowsParts): SourceWindows {
    const prefetched = new PrefetchedWindows(this.timed, { ...parts, layout: this.layout, timedOut }, frontier);
    return new SourceWindows(prefetched, new SilentDays(prefetched, this.missing, timedOut, markTimedOut));
  }
}

/** The windows of a session after a frontier, in order. */
export class SourceWindows {
  constructor(
    private readonly prefetched: PrefetchedWindows,
    private readonly days: SilentDays,
  ) {}

  /**
   * Returns the next window, and waits after a day's last one for the start of the next day.
   * @throws the signal's reason, what Postgres throws
   */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const read = await this.days.read(window, stop);
    await this.prefetched.dayAfter(window);
    return read;
  }

  /** Aborts all prefetches. */
  async close(): Promise<void> {
    await this.prefetched.close();
  }
}
