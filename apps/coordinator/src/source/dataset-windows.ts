/**
 * Reads windows of a session's dataset into chunks. On packed days the bytes of a pack move from the socket into the chunk that is
 * flushed, and no bar is parsed. Symbols without a pack are read from rows, which give equal chunks and counts.
 *
 * The ids of the dataset and of its symbols are looked up once. A dataset that is removed and imported again has another id, and a
 * symbol gets its id with its first import. So a read that has no rows, or lacks symbols, checks the ids.
 */
import {
  hasPacks,
  readPacked,
  readWindowBytes,
  resolveDataset,
  symbolIds,
  withSnapshot,
  type ConnectionSource,
} from '@barkeep/bar-repository';
import { ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { PackedWindow } from './packed-window.js';
import { RowPacker } from './row-packer.js';
import type { ChunkRead, MutablePart, ReadTask, SymbolParts, WindowRead } from './window-read.js';

interface SessionDataset {
  dataSource: DataSource;
  layout: SessionLayout;
  datasetId: number;
}

/** The dataset was removed or imported again, or has new symbols: a stream must open its source again to read it. */
export class SourceChangedError extends Error {
  override readonly name = 'SourceChangedError';
  constructor(dataset: string) {
    super(`dataset ${dataset}: expected the ids of the dataset and of its symbols to stay, were changed by an import`);
  }
}

export class DatasetWindows {
  /** The symbols without an id. */
  private readonly unknown: readonly string[];

  /**
   * @param symbolOf the symbols by their ids in Postgres; a symbol without an id has no bars
   * @param isPacked whether the dataset has packed days
   */
  private constructor(
    private readonly dataset: SessionDataset,
    readonly symbolOf: ReadonlyMap<number, string>,
    private readonly isPacked: boolean,
  ) {
    const known = new Set(symbolOf.values());
    this.unknown = dataset.layout.symbols.filter((symbol) => !known.has(symbol));
  }

  static async open(dataset: SessionDataset): Promise<DatasetWindows> {
    const { dataSource, layout, datasetId } = dataset;
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    return new DatasetWindows(dataset, new Map([...ids].map(([symbol, id]) => [id, symbol])), isPacked);
  }

  /** Reads the window into `task.into`. @throws SourceChangedError, the signal's reason, what Postgres throws */
  async read(task: ReadTask): Promise<void> {
    await this.readStored(task);
    if (await this.hasChanged(task.into)) throw new SourceChangedError(sourceName(this.dataset.layout.spec));
  }

  /**
   * Whether the ids with which a window was read have changed. Looks them up after the read: an import stores the ids before its rows. An
   * id is never used twice, and a dataset is removed with all its rows. So a row proves that the dataset's id is still valid.
   */
  private async hasChanged({ bars, refused }: WindowRead): Promise<boolean> {
    const { dataSource, datasetId, layout } = this.dataset;
    const hasRows = bars + refused > 0;
    if (!hasRows && (await resolveDataset(dataSource, sourceName(layout.spec))) !== datasetId) return true;
    return this.unknown.length > 0 && (await symbolIds(dataSource, this.unknown)).size > 0;
  }

  private async readStored(task: ReadTask): Promise<void> {
    const { dataSource, datasetId } = this.dataset;
    const read = this.chunkReadOf(task);
    if (!this.isPacked) return this.readRows(dataSource, read);
    const { grid, symbols, signal } = read;
    const { fromSlot, toSlot } = task.into.window;
    // Both reads use one snapshot: otherwise bars would be missing when a pack is dropped between them.
    await withSnapshot(dataSource, async (client) => {
      const packed = new PackedWindow(read);
      await readPacked(client, { datasetId, symbolIds: [...symbols.keys()], grid, fromSlot, toSlot }, packed, signal);
      if (packed.unpacked.size > 0) await this.readRows(client, { ...read, symbols: packed.unpacked });
    });
  }

  private async readRows(connection: ConnectionSource, read: ChunkRead): Promise<void> {
    const { grid, symbols, into, signal } = read;
    const query = {
      datasetId: this.dataset.datasetId,
      symbolIds: [...symbols.keys()],
      ranges: rangesOf(grid, into.window),
    };
    await readWindowBytes(connection, query, new RowPacker(read).add, signal);
  }

  private chunkReadOf(task: ReadTask): ChunkRead {
    const { layout } = this.dataset;
    const { parts, window } = task.into;
    return {
      ...task,
      grid: layout.grid(window.dayIndex),
      dataset: sourceName(layout.spec),
      prices: layout.spec.prices,
      origin: layout.isHistory(window.dayIndex) ? ORIGIN_CODES.historical : ORIGIN_CODES.streamed,
      symbols: this.symbolPartsOf(parts),
    };
  }

  /** The symbols of these parts by their ids in Postgres. */
  private symbolPartsOf(parts: readonly MutablePart[]): SymbolParts {
    const partOf = new Map(parts.map((part) => [part.partition, part]));
    const symbols: SymbolParts = new Map();
    for (const [id, symbol] of this.symbolOf) {
      const part = partOf.get(this.dataset.layout.partitionOf(symbol)!);
      if (part) symbols.set(id, { symbol, part });
    }
    return symbols;
  }
}

/** The times `[from, to)` of a window, epoch ms, without the breaks between segments. */
function rangesOf(grid: DayGrid, { fromSlot, toSlot }: Window): { from: number; to: number }[] {
  const [start, end] = [grid.openTime(fromSlot), grid.closeTime(toSlot - 1)];
  return grid.day.segments.flatMap(({ open, close }) => {
    const range = { from: Math.max(open, start), to: Math.min(close, end) };
    return range.from < range.to ? [range] : [];
  });
}
