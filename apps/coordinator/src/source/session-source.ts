/**
 * The source of one session's bars: reads windows from its dataset (dataset-windows.ts). Sessions of this process that stream the
 * same window share one read (shared-windows.ts). A read ends early when Postgres is silent for too long (silence.ts). Each stream
 * opens a source.
 */
import { datasetVersion, gridKey } from '@barkeep/bar-repository';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { USED_ONCE, type ChunkPool } from './chunk-pool.js';
import { DatasetWindows } from './dataset-windows.js';
import { KEPT_MS, type SharedWindows, type SharingSession } from './shared-windows.js';
import { SilentSourceError, unlessSilent } from './silence.js';
import { usedPartitions, windowBytesMax, WindowRead, type ReadTask } from './window-read.js';

/**
 * A window is shared only if it has at least this part of its day's slots. A chunk takes the memory of its whole day, and a shared
 * window allocates new chunks, so a window of minutes costs more to share than to read.
 */
const SHARED_PART_MIN = 1 / 8;

interface SessionSourceParts {
  dataSource: DataSource;
  /** Gives the memory for windows that are not shared. */
  pool: ChunkPool;
  shared: SharedWindows;
  layout: SessionLayout;
  datasetId: number;
  /** Whether other sessions over the same dataset and symbols are probably about to start. */
  isOneOfMany: boolean;
}

export class SessionSource {
  private readonly session: SharingSession;

  /** @param frontiers those of the partitions at the start of the stream, epoch ms: a partition has the windows up to its frontier */
  private constructor(
    private readonly parts: SessionSourceParts,
    private readonly windows: DatasetWindows,
    private frontiers: readonly number[],
  ) {
    const { layout, shared, isOneOfMany } = parts;
    const awaitsUntil = isOneOfMany ? performance.now() + KEPT_MS : 0; // 0: no other sessions are awaited
    this.session = { content: this.content, from: Math.min(...frontiers), to: layout.end, awaitsUntil };
    shared.register(this.session);
  }

  /** Opens the source; the caller calls `close()` at the end. @param frontiers of the partitions, epoch ms */
  static async open(parts: SessionSourceParts, frontiers: readonly number[]): Promise<SessionSource> {
    return new SessionSource(parts, await DatasetWindows.open(parts), frontiers);
  }

  /** Ends the sharing of windows for this session. */
  close(): void {
    this.parts.shared.leave(this.session);
  }

  /** Reads every window for all partitions from now on, because the store lost some of its data. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /**
   * A window without bars, for the partitions that lack the window. Partitions differ, because the partition of a symbol that was
   * added later lacks earlier windows.
   */
  emptyWindow(window: Window, memory = this.parts.pool): WindowRead {
    const lacksWindow = (partition: number) => (this.frontiers[partition] ?? 0) < window.to;
    return new WindowRead(usedPartitions(this.parts.layout).filter(lacksWindow), window, memory);
  }

  /**
   * Reads a window for the partitions that lack it. When Postgres is silent for too long, the window has the bars that came before, and
   * `silence`. @throws the reason of `stop`, what Postgres throws
   */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const into = this.emptyWindow(window);
    const timeoutMs = this.parts.layout.spec.feed.timeoutSeconds * 1000;
    try {
      await unlessSilent(timeoutMs, stop, (signal, onProgress) => this.readInto({ into, signal, onProgress }));
    } catch (error) {
      if (!(error instanceof SilentSourceError)) throw error;
      into.silence = error;
    }
    return into;
  }

  /** Reads the window into `task.into`: by a shared read if that is worth it and other sessions stream the window. */
  private async readInto(task: ReadTask): Promise<void> {
    const { dataSource, datasetId, layout, shared } = this.parts;
    const { window } = task.into;
    const bytes = windowBytesMax(layout, window.dayIndex);
    const mayShare = this.isWorthSharing(task.into) && shared.isWanted(this.session, window.to, bytes);
    if (!mayShare) return this.windows.read(task);
    const version = await datasetVersion(dataSource, datasetId);
    task.signal.throwIfAborted();
    const wanted = { session: this.session, name: this.nameOf(window), version, bytes };
    const emptyWindow = this.emptyWindow(window, USED_ONCE);
    await shared.join(wanted, emptyWindow, (sharedTask) => this.windows.read(sharedTask)).wait(task);
  }

  /** See {@link SHARED_PART_MIN}. A shared read always has all partitions. */
  private isWorthSharing({ parts, window: { dayIndex, fromSlot, toSlot } }: WindowRead): boolean {
    const { layout } = this.parts;
    const hasAllPartitions = parts.length === usedPartitions(layout).length;
    return hasAllPartitions && toSlot - fromSlot >= layout.grid(dayIndex).slotCount * SHARED_PART_MIN;
  }

  /** A key of a window, unique among the windows of sessions with the same {@link content}. */
  private nameOf({ dayIndex, fromSlot, toSlot }: Window): string {
    const { layout } = this.parts;
    const grid = layout.grid(dayIndex);
    const origin = layout.isHistory(dayIndex) ? 'history' : 'own'; // the bars of the two have different origins
    return `${grid.open} ${gridKey(grid)} ${fromSlot}-${toSlot} ${origin}`;
  }

  /** A key of the bars and their partitions: sessions with the same key have equal windows, byte by byte. */
  private get content(): string {
    const { layout, datasetId } = this.parts;
    const symbols = [...this.windows.symbolOf].map(([id, symbol]) => `${layout.partitionOf(symbol)}/${id}`);
    return `${datasetId} ${layout.spec.prices} ${usedPartitions(layout).length} ${symbols.toSorted().join(' ')}`;
  }
}
