/** A packed day of one symbol, before it is stored. */
import type { DayChunk } from '@barkeep/bars';

/** The packed form of one symbol's day. */
export interface Pack {
  bars: number;
  refused: number;
  /** Undefined while there is no bar. */
  chunk: DayChunk | undefined;
}
