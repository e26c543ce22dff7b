/**
 * Takes a window's bars from packed days: the bytes of a pack go from the socket into the chunk that is flushed, and nothing looks at
 * a bar. Gives exactly the chunks and counts that the rows of that day give; what is not packed it leaves to who reads rows.
 */
import { placePart, readPacked, type PackReceiver } from '@barkeep/bar-repository';
import { countBits, ORIGIN_CODES, RECORD_BYTES, recordOffset, type DayChunk, type DayGrid } from '@barkeep/bars';
import type { SessionLayout, Window } from '@barkeep/session-data';
import type { WindowRead } from './window-read.js';
import type { SymbolParts } from './symbol-parts.js';

/** Offset of the origin in a record. */
const ORIGIN_AT = 40;

export interface PackedRead {
  layout: SessionLayout;
  datasetId: number;
  window: Window;
  symbols: SymbolParts;
  /** Whose chunks the bars go into. */
  into: Pick<WindowRead, 'newChunk' | 'chunkToOverwrite'>;
  /** Called for every pack. */
  heard: () => void;
}

type Client = Parameters<typeof readPacked>[0];

/** @returns the symbols that are not packed on that day */
export async function readPacks(client: Client, read: PackedRead, signal: AbortSignal): Promise<SymbolParts> {
  const { layout, datasetId, window, symbols } = read;
  const grid = layout.grid(window.dayIndex);
  const { fromSlot, toSlot } = window;
  const receiver = new WindowReceiver(read, grid);
  const query = { datasetId, symbolIds: [...symbols.keys()], grid, fromSlot, toSlot };
  await readPacked(client, query, receiver, signal);
  return receiver.rest;
}

class WindowReceiver implements PackReceiver {
  readonly rest: SymbolParts;
  private readonly isWhole: boolean;
  private readonly isHistory: boolean;
  private symbolId = 0;
  private bars = 0;
  private chunk: DayChunk | undefined;
  /** Of a part of a day: what came of it, before it is put in its place. */
  private part = new Uint8Array();

  constructor(
    private readonly read: PackedRead,
    private readonly grid: DayGrid,
  ) {
    const { window, layout, symbols } = read;
    this.rest = new Map(symbols);
    this.isWhole = window.fromSlot === 0 && window.toSlot === grid.slotCount;
    this.isHistory = layout.isHistory(window.dayIndex);
  }

  begin(symbolId: number, bars: number, length: number): Uint8Array {
    this.symbolId = symbolId;
    this.bars = bars;
    if (this.isWhole) return (this.chunk = this.read.into.chunkToOverwrite(this.grid.slotCount)).bytes;
    if (this.part.length !== length) this.part = new Uint8Array(length);
    return this.part;
  }

  // A chunk is shown only now that it is whole: a read that is cut short keeps what came until then.
  end(): void {
    const { window, symbols, heard } = this.read;
    const { symbol, part } = symbols.get(this.symbolId)!;
    const bars = this.isWhole ? this.bars : this.barsOfPart();
    if (bars > 0) {
      const chunk = this.isWhole ? this.chunk! : this.placed();
      if (this.isHistory) stampHistorical(chunk, window.fromSlot, window.toSlot);
      part.chunks.set(symbol, chunk);
      part.bars += bars;
    }
    this.empty(this.symbolId);
    heard();
  }

  private barsOfPart(): number {
    const { fromSlot, toSlot } = this.read.window;
    // It begins with the byte that has the first slot's bit.
    return countBits(this.part, fromSlot & 7, (fromSlot & 7) + toSlot - fromSlot);
  }

  private placed(): DayChunk {
    const { fromSlot, toSlot } = this.read.window;
    const chunk = this.read.into.newChunk(this.grid.slotCount);
    placePart(this.part, chunk.bytes, this.grid.slotCount, fromSlot, toSlot);
    return chunk;
  }

  empty(symbolId: number): void {
    this.rest.delete(symbolId);
  }
}

/** Packs are of streamed bars; those of a history are named otherwise. */
function stampHistorical(chunk: DayChunk, fromSlot: number, toSlot: number): void {
  let at = recordOffset(chunk.slotCount, fromSlot) + ORIGIN_AT;
  for (let slot = fromSlot; slot < toSlot; slot++, at += RECORD_BYTES) {
    if (chunk.has(slot)) chunk.bytes[at] = ORIGIN_CODES.historical;
  }
}
