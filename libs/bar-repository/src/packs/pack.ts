/** A packed day of one symbol, before it is stored. */
import type { DayChunk } from '@barkeep/bars';

/** What is to be kept of one symbol's day. */
export interface Pack {
  bars: number;
  refused: number;
  /** Made with the first bar. */
  chunk: DayChunk | undefined;
}
