/**
 * The source of one session's bars: reads windows from its dataset (source-reader.ts), once for all sessions of this process
 * that stream them (shared-windows.ts), within a time limit. Opened once by a stream.
 */
import { datasetVersion, gridKey, hasPacks, symbolIds } from '@barkeep/bar-repository';
import { chunkBytes } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import type { ChunkPool } from './chunk-pool.js';
import { SilentSourceError, unlessSilent } from './silence.js';
import { KEPT_MS, type SharedWindows, type SharingSession } from './shared-windows.js';
import { SourceReader, type ReadTask } from './source-reader.js';
import { USED_ONCE, usedPartitions, WindowRead } from './window-read.js';

/**
 * Part of a day's slots that a window must have to be shared. A chunk takes the memory of its whole day, and shared windows
 * allocate theirs, so a window of minutes costs more to share than to read.
 */
const SHARED_PART_MIN = 1 / 8;

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

/** The source was silent for too long; `read` holds the bars that came until then. */
export class SilentWindowError extends SilentSourceError {
  constructor(
    timeoutMs: number,
    readonly read: WindowRead,
  ) {
    super(timeoutMs);
  }
}

export class SessionSource {
  private constructor(
    private readonly parts: SessionSourceParts,
    private readonly reader: SourceReader,
    /** Of each partition when the stream started, epoch ms: earlier windows are not read for it. */
    private frontiers: readonly number[],
    private readonly session: SharingSession,
  ) {
    parts.shared.register(session);
  }

  /** Looks the symbols up once. Call `close()` at the end. @param frontiers of the partitions, epoch ms */
  static async open(parts: SessionSourceParts, frontiers: readonly number[]): Promise<SessionSource> {
    const { dataSource, layout, datasetId, isOneOfMany } = parts;
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    const reader = new SourceReader(dataSource, layout, datasetId, symbolOf, isPacked);
    const awaitsUntil = isOneOfMany ? performance.now() + KEPT_MS : 0;
    const session = { content: reader.content, from: Math.min(...frontiers), to: layout.end, awaitsUntil };
    return new SessionSource(parts, reader, frontiers, session);
  }

  /** Leaves the sessions that share windows. */
  close(): void {
    this.parts.shared.leave(this.session);
  }

  /** Reads every window for all partitions from now on: the store lost some of its data. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /** A window without bars, for the partitions that lack it. A symbol that was added later lacks more windows than others. */
  empty(window: Window, memory = this.parts.pool): WindowRead {
    const isLacking = (partition: number) => (this.frontiers[partition] ?? 0) < window.to;
    return new WindowRead(usedPartitions(this.parts.layout).filter(isLacking), window, memory);
  }

  /** @throws SilentWindowError, the signal's reason, what Postgres throws */
  async read(window: Window, stop: AbortSignal): Promise<WindowRead> {
    const into = this.empty(window);
    const timeoutMs = this.parts.layout.spec.feed.timeoutSeconds * 1000;
    try {
      await unlessSilent(timeoutMs, stop, (signal, onProgress) => this.readInto({ window, into, signal, onProgress }));
    } catch (error) {
      if (error instanceof SilentSourceError) throw new SilentWindowError(error.timeoutMs, into);
      throw error;
    }
    return into;
  }

  /** Shares the read with the other sessions that stream the window, if there are any. */
  private async readInto(task: ReadTask): Promise<void> {
    const { dataSource, datasetId, layout, shared } = this.parts;
    const { window, into, signal, onProgress } = task;
    const { dayIndex, fromSlot, toSlot, to } = window;
    const grid = layout.grid(dayIndex);
    const bytes = layout.symbols.length * chunkBytes(grid.slotCount);
    const isForAll = into.parts.length === usedPartitions(layout).length;
    const isLong = toSlot - fromSlot >= grid.slotCount * SHARED_PART_MIN;
    if (!isForAll || !isLong || !shared.isWanted(this.session, to, bytes)) return this.reader.read(task);
    const version = await datasetVersion(dataSource, datasetId);
    signal.throwIfAborted();
    const origin = layout.isHistory(dayIndex) ? 'history' : 'own';
    const name = `${grid.open} ${gridKey(grid)} ${fromSlot}-${toSlot} ${origin}`;
    const read = shared.join(
      { session: this.session, name, version, bytes },
      () => this.empty(window, USED_ONCE),
      (rows, ownSignal, onRow) => this.reader.read({ window, into: rows, signal: ownSignal, onProgress: onRow }),
    );
    await read.wait(into, signal, onProgress);
  }
}
