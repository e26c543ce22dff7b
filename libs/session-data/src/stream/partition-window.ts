/** The content of one flush: a window of each partition. */
import type { DayChunk } from '@barkeep/bars';

/** The bars of one partition in one window. */
export interface PartitionWindow {
  partition: number;
  /** By symbol, a chunk of the whole day; the flush writes its slots in the window. Has only symbols with bars. */
  chunks: ReadonlyMap<string, DayChunk>;
  /** Number of bars in the window. */
  bars: number;
  /** Refused bars of the window: `symbol reason` to their number. */
  refused: ReadonlyMap<string, number>;
}
