/**
 * Reads one window of a session's source from Postgres straight into day chunks. Rows come in any order, for a bar's
 * slot gives its place; a row that is no good is counted and kept aside with its reason, and never stops the others.
 */
import { readWindow, symbolIds, type QuarantinedBar } from '@barkeep/bar-repository';
import { ORIGIN_CODES, refuseValues, type DayChunk, type DayGrid, type RefusalReason } from '@barkeep/bars';
import type { PartitionWindow, SessionLayout, Window } from '@barkeep/session-data';
import type { DataSource } from 'typeorm';
import { ChunkPool } from './chunk-pool.js';

// Read once: what another package exports is looked up behind a getter, which costs a part of the time when done for each row.
const { streamed: STREAMED, historical: HISTORICAL } = ORIGIN_CODES;
const refuse = refuseValues;

/** Refused bars that are kept of one window; the rest is only counted. */
const QUARANTINE_MAX = 1_000;

export interface WindowRead {
  parts: PartitionWindow[];
  /** Refused bars with their values, at most {@link QUARANTINE_MAX}. */
  quarantined: QuarantinedBar[];
  bars: number;
  /** Gives the chunks' memory back, to be written over: call it when the parts are in the store, and not at all when that failed. */
  release(): void;
}

interface MutablePart {
  partition: number;
  chunks: Map<string, DayChunk>;
  bars: number;
  refused: Map<string, number>;
}

export class WindowReader {
  private readonly pool = new ChunkPool();

  private constructor(
    private readonly dataSource: DataSource,
    private readonly layout: SessionLayout,
    private readonly datasetId: number,
    private readonly symbolOf: ReadonlyMap<number, string>,
  ) {}

  /** Looks the symbols up once; those that the database does not know have no bars. */
  static async open(dataSource: DataSource, layout: SessionLayout, datasetId: number): Promise<WindowReader> {
    const ids = await symbolIds(dataSource, layout.spec.symbols);
    return new WindowReader(dataSource, layout, datasetId, new Map([...ids].map(([symbol, id]) => [id, symbol])));
  }

  async read(window: Window, signal: AbortSignal): Promise<WindowRead> {
    const grid = this.layout.grid(window.dayIndex);
    const parts = this.layout.keys.map((_, partition): MutablePart => ({
      partition,
      chunks: new Map(),
      bars: 0,
      refused: new Map(),
    }));
    const quarantined: QuarantinedBar[] = [];
    const dataset = this.layout.spec.source.dataset;
    const origin = this.layout.isHistory(window.dayIndex) ? HISTORICAL : STREAMED;
    let lastId = -1;
    let symbol = '';
    let part = parts[0]!;
    let chunk: DayChunk | undefined;
    const query = { datasetId: this.datasetId, symbolIds: [...this.symbolOf.keys()], ranges: rangesOf(grid, window) };
    await readWindow(
      this.dataSource,
      query,
      (id, time, open, high, low, close, volume) => {
        if (id !== lastId) {
          lastId = id;
          symbol = this.symbolOf.get(id)!;
          part = parts[this.layout.partitionOf(symbol)!]!;
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
    const { fromSlot, toSlot } = window;
    const release = () => parts.forEach(({ chunks }) => this.pool.giveBack(chunks.values(), fromSlot, toSlot));
    return { parts, quarantined, bars: parts.reduce((sum, { bars }) => sum + bars, 0), release };
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
