/** A sink that remembers; for tests of the parsers. */
import type { Bar } from '@barkeep/bars';
import type { BarParser, RowSink } from './parsed-row.js';

/** What a parser said, in order. */
export interface Collected {
  bars: (Bar & { symbol: string })[];
  refused: { line: number; reason: string; detail: string }[];
}

/** Feeds `text` to the parser in pieces of `pieceBytes`, so that rows are cut at every place, and collects what it says. */
export function collect(make: (sink: RowSink) => BarParser, text: string | Uint8Array, pieceBytes = 7): Collected {
  const collected: Collected = { bars: [], refused: [] };
  const parser = make({
    bar: (symbol, bar) => collected.bars.push({ symbol, ...bar }),
    refuse: (line, reason, detail) => collected.refused.push({ line, reason, detail }),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.push(bytes.subarray(at, at + pieceBytes));
  parser.end();
  return collected;
}
