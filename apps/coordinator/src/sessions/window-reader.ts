/**
 * Reads one window of a session's source from Postgres straight into day chunks. Rows come in any order, for a bar's
 * slot gives its place; a row that is no good is counted and kept aside with its reason, and never stops the others.
 */
import { readWindow, symbolIds, type QuarantinedBar } from '@barkeep/bar-repository';
import { ORIGIN_CODES, refuseValues, sourceName, type DayChunk, type DayGrid, type RefusalReason } from '@barkeep/bars';
import type { PartitionWindow, SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { ChunkPool } from './chunk-pool.js';

// Read once: what another package exports is looked up behind a getter, which costs a part of the time when done for each row.
const { streamed: STREAMED, historical: HISTORICAL } = ORIGIN_CODES;
const refuse = refuseValues;

/** Refused bars that are kept of one window; the rest is only counted. */
const QUARANTINE_MAX = 1_000;

interface MutablePart extends PartitionWindow {
  chunks: Map<string, DayChunk>;
  refused: Map<string, number>;
}

/** The rows of a window so far; whole when its reading has ended. */
export class WindowRead {
  /** Of the partitions that lack the window. */
  readonly parts: readonly MutablePart[];
  /** Refused bars with their values, at most {@link QUARANTINE_MAX}. */
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
  ) {}

  /** Looks the symbols up once; those that the database does not know have no bars. */
  static async open(
    dataSource: DataSource,
    layout: SessionLayout,
    datasetId: number,
    frontiers: readonly number[],
  ): Promise<WindowReader> {
    const ids = await symbolIds(dataSource, layout.symbols);
    const symbolOf = new Map([...ids].map(([symbol, id]) => [id, symbol]));
    return new WindowReader(dataSource, layout, datasetId, symbolOf, frontiers);
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
   * Reads a window's rows into `into`, which keeps what came when the reading fails.
   * @param heard is called for every row
   */
  async read(window: Window, into: WindowRead, signal: AbortSignal, heard: () => void): Promise<void> {
    const grid = this.layout.grid(window.dayIndex);
    const { quarantined } = into;
    const parts = new Map(into.parts.map((part) => [part.partition, part]));
    const dataset = sourceName(this.layout.spec);
    const origin = this.layout.isHistory(window.dayIndex) ? HISTORICAL : STREAMED;
    let lastId = -1;
    let symbol = '';
    let part = into.parts[0]!;
    let chunk: DayChunk | undefined;
    const ids = [...this.symbolOf].flatMap(([id, name]) => (parts.has(this.layout.partitionOf(name)!) ? [id] : []));
    const query = { datasetId: this.datasetId, symbolIds: ids, ranges: rangesOf(grid, window) };
    await readWindow(
      this.dataSource,
      query,
      (id, time, open, high, low, close, volume) => {
        heard();
        if (id !== lastId) {
          lastId = id;
          symbol = this.symbolOf.get(id)!;
          part = parts.get(this.layout.partitionOf(symbol)!)!;
          chunk = part.chunks.get(symbol);
        }
        const slot = grid.slotAt(time);
        const reason: RefusalReason | undefined =
          typeof slot === 'string' ? slot : refuse(open, high, low, close, volume);
        if (reason !== undefined || typeof slot === 'string') {
          const key = `${symbol} ${reason}`;
          part.refused.set(key, (part.refused.get(key) ?? 0) + 1);
          if (quarantined.length < QUARANTINE_MAX) {
            quarantined.push({ dataset, symbol, time, open, high, low, close, volume, reason: reason! });
          }
          return;
        }
        if (!chunk) part.chunks.set(symbol, (chunk = this.pool.take(grid.slotCount)));
        chunk.write(slot, open, high, low, close, volume, origin, 0, 1, 1);
        part.bars++;
      },
      signal,
    );
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
