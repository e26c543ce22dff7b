/**
 * Reads one window of a session's source from Postgres into day chunks, for the partitions that lack it: packed days where there
 * are some (packed-reader.ts), rows for the rest (row-packer.ts).
 */
import {
  hasPacks,
  readWindowBytes,
  symbolIds,
  withSnapshot,
  type ConnectionSource,
  type QuarantinedBar,
} from '@barkeep/bar-repository';
import { ORIGIN_CODES, sourceName, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { ChunkPool } from './chunk-pool.js';
import { readPacks } from './packed-reader.js';
import { RowPacker, type MutablePart } from './row-packer.js';

/** Symbols by their numbers, each with the part that its bars go into. */
export type SymbolParts = Map<number, { symbol: string; part: MutablePart }>;

/** The rows of a window so far; whole when its reading has ended. */
export class WindowRead {
  /** Of the partitions that lack the window. */
  readonly parts: readonly MutablePart[];
  /** Refused bars with their values; of many the first. */
  readonly quarantined: QuarantinedBar[] = [];

  constructor(
    partitions: number,
    isLacking: (partition: number) => boolean,
    private readonly window: Window,
    private readonly pool: ChunkPool,
  ) {
    const all = Array.from({ length: partitions }, (_, partition) => ({
      partition,
      chunks: new Map(),
      bars: 0,
      refused: new Map(),
    }));
    this.parts = all.filter(({ partition }) => isLacking(partition));
  }

  /** Gives the chunks' memory back, to be written over: call it when the parts are in the store, and not at all when that failed. */
  release(): void {
    const { fromSlot, toSlot } = this.window;
    for (const { chunks } of this.parts) this.pool.giveBack(chunks.values(), fromSlot, toSlot);
  }

  get bars(): number {
    return this.parts.reduce((sum, { bars }) => sum + bars, 0);
  }

  /** What its chunks take in memory. */
  get bytes(): number {
    const bytesOf = ({ chunks }: MutablePart) => [...chunks.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.parts.reduce((sum, part) => sum + bytesOf(part), 0);
  }
}

export class WindowReader {
  private readonly pool = new ChunkPool();

  private constructor(
    private readonly dataSource: DataSource,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    private readonly symbolOf: ReadonlyMap<number, string>,
    /** Up to where each partition had the source when this began; whatever is before that is not read for it. */
    private frontiers: readonly number[],
    /** Whether days of the dataset were packed when this began. */
    private readonly isPacked: boolean,
  ) {}

  /** Looks the symbols up once; those that the database does not know have no bars. */
  static async open(
    dataSource: DataSource,
    layout: SessionLayout,
    datasetId: number,
    frontiers: readonly number[],
  ): Promise<WindowReader> {
    const [ids, isPacked] = await Promise.all([symbolIds(dataSource, layout.symbols), hasPacks(dataSource, datasetId)]);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    return new WindowReader(dataSource, layout, datasetId, symbolOf, frontiers, isPacked);
  }

  /** Reads every window for all partitions from now on: the store lost some of what it had. */
  forgetFrontiers(): void {
    this.frontiers = this.frontiers.map(() => -Infinity);
  }

  /** A window of which nothing is read yet, for the partitions that lack it: one that a symbol came to later lacks more than others. */
  nothing(window: Window): WindowRead {
    const isLacking = (partition: number) =>
      (this.frontiers[partition] ?? 0) < window.to && !this.layout.isVacant(partition);
    return new WindowRead(this.layout.partitions, isLacking, window, this.pool);
  }

  /**
   * Reads a window's bars into `into`, which keeps what came when the reading fails: packed days where there are some, rows for the rest.
   * @param heard is called for every row and every pack
   */
  async read(window: Window, into: WindowRead, signal: AbortSignal, heard: () => void): Promise<void> {
    const symbols = this.symbolsOf(into.parts);
    if (!this.isPacked) return this.readRows(this.dataSource, window, into, symbols, signal, heard);
    await withSnapshot(this.dataSource, async (client) => {
      const { layout, datasetId, pool } = this;
      const packs = { layout, datasetId, window, symbols, newChunk: (slots: number) => pool.take(slots), heard };
      const rest = await readPacks(client, packs, signal);
      if (rest.size > 0) await this.readRows(client, window, into, rest, signal, heard);
    });
  }

  private async readRows(
    source: ConnectionSource,
    window: Window,
    { quarantined }: WindowRead,
    symbols: SymbolParts,
    signal: AbortSignal,
    heard: () => void,
  ): Promise<void> {
    const { layout, pool } = this;
    const grid = layout.grid(window.dayIndex);
    const packer = new RowPacker({
      grid,
      dataset: sourceName(layout.spec),
      origin: layout.isHistory(window.dayIndex) ? ORIGIN_CODES.historical : ORIGIN_CODES.streamed,
      symbols,
      quarantined,
      newChunk: () => pool.take(grid.slotCount),
      heard,
    });
    const query = { datasetId: this.datasetId, symbolIds: [...symbols.keys()], ranges: rangesOf(grid, window) };
    await readWindowBytes(source, query, packer.add, signal);
  }

  /** Every symbol that these parts have and the database knows, by its number. */
  private symbolsOf(parts: readonly MutablePart[]): SymbolParts {
    const partOf = new Map(parts.map((part) => [part.partition, part]));
    const found: SymbolParts = new Map();
    for (const [id, symbol] of this.symbolOf) {
      const part = partOf.get(this.layout.partitionOf(symbol)!);
      if (part) found.set(id, { symbol, part });
    }
    return found;
  }
}

/** The window's time, without the breaks between segments. */
function rangesOf(grid: DayGrid, { fromSlot, toSlot }: Window): { from: number; to: number }[] {
  const [start, end] = [grid.openTime(fromSlot), grid.closeTime(toSlot - 1)];
  return grid.day.segments.flatMap(({ open, close }) => {
    const range = { from: Math.max(open, start), to: Math.min(close, end) };
    return range.from < range.to ? [range] : [];
  });
}
