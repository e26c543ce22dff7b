/** What one flush writes. */
import type { DayChunk } from '@barkeep/bars';

/** The bars of one partition in one window. */
export interface PartitionWindow {
  partition: number;
  /** Chunks of the whole day, of which the window's slots are written; symbols without bars are left out. */
  chunks: ReadonlyMap<string, DayChunk>;
  /** Number of bars in the window. */
  bars: number;
  /** Refused bars of the window: `symbol reason` to their number. */
  refused: ReadonlyMap<string, number>;
}
