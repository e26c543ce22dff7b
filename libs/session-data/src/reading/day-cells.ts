/**
 * Counts of the slots of one symbol on one trading day, for many symbols and days: read from bitmaps and slot states, never
 * from prices. Each call reads cells of one partition. Reads only.
 */
import { addDayCounts, bitmapBytes, noCounts } from '@barkeep/bars';
import type { Redis } from 'ioredis';
import type { SessionLayout } from '../layout/index.js';
import { SCRIPTS } from '../redis/index.js';

/** The counts of a cell, in the order in which they are stored. What is in none of them is missing. */
export const CELL_COUNTS = ['streamed', 'backfilled', 'noTrade', 'absent', 'unfillable'] as const;
export type CellCount = (typeof CELL_COUNTS)[number];

/** One symbol on one day; the slots `[0, closed)` are counted. */
export interface DayCell {
  symbol: string;
  day: number;
  closed: number;
}

/** Cells of one script call: bounds how long it holds Redis, about 2 ms. */
export const CELLS_A_CALL = 256;

const HAS_STATES = '1'.charCodeAt(0);

/** Counts of at most {@link CELLS_A_CALL} cells of one partition: for each cell {@link CELL_COUNTS}, one cell after another. */
export async function readCells(
  redis: Redis,
  layout: SessionLayout,
  partition: number,
  cells: readonly DayCell[],
): Promise<Uint16Array> {
  const keys = layout.keysOf(partition);
  const dates = cells.map(({ day }) => layout.day(day).date);
  const slots = cells.map(({ day }) => layout.grid(day).slotCount);
  const chunks = cells.map(({ symbol }, i) => keys.chunk(layout.base.name, symbol, dates[i]!));
  const stateKeys = cells.map(({ symbol }, i) => keys.states(symbol, dates[i]!));
  const reply = await SCRIPTS.readCells.runForBytes(redis, [...chunks, ...stateKeys], slots.map(bitmapBytes));
  const [bitmaps, hasStates, allStates] = reply as [Buffer, Buffer, Buffer];
  const counts = new Uint16Array(cells.length * CELL_COUNTS.length);
  let [bitmapAt, statesAt] = [0, 0];
  cells.forEach(({ closed }, i) => {
    const bitmap = bitmaps.subarray(bitmapAt, (bitmapAt += bitmapBytes(slots[i]!)));
    const states = hasStates[i] === HAS_STATES ? allStates.subarray(statesAt, (statesAt += slots[i]!)) : undefined;
    const counted = addDayCounts(noCounts(), bitmap, states, closed);
    CELL_COUNTS.forEach((name, place) => (counts[i * CELL_COUNTS.length + place] = counted[name]));
  });
  return counts;
}

/** Copies cell `from` of one list of counts to cell `to` of another one. */
export function copyCell(counts: Uint16Array, from: number, target: Uint16Array, to: number): void {
  // A loop: a view for each cell costs more than its five numbers.
  for (let i = 0; i < CELL_COUNTS.length; i++) {
    target[to * CELL_COUNTS.length + i] = counts[from * CELL_COUNTS.length + i]!;
  }
}
