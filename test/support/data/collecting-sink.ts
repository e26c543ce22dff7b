/** Reads the text of a file as an import does, and collects its bars and its refused rows. */
import type { Bar } from '@barkeep/bars';
import {
  BarReader,
  FilePlanError,
  type ImportRefusal,
  SymbolNames,
} from '../../../apps/cli/src/import/reading/index.js';
import { type FilePlan, planFile, READ_DEFAULTS, type ReadOptions } from '../../../apps/cli/src/import/detect/index.js';
import { splitterOf } from '../../../apps/cli/src/import/rows/index.js';

interface CollectedRows {
  bars: (Bar & { symbol: string })[];
  /** Refused rows. When the whole file is refused, one entry for it. `line` counts from 1. */
  refused: { line: number; reason: ImportRefusal; detail: string }[];
}

interface Collected extends CollectedRows {
  /** How the importer understood the file. Undefined for a file without text, or for one that is refused as a whole. */
  plan: FilePlan | undefined;
}

/** By default a file is read in pieces that are smaller than a row, so that each row is split between pieces. */
const PIECE_BYTES = 7;

/** Plans how the file is read, and reads it in pieces of `pieceBytes`. */
export function collect(
  text: string | Uint8Array,
  options: Partial<ReadOptions> & { fileName?: string } = {},
  pieceBytes = PIECE_BYTES,
): Collected {
  const bytes = Buffer.from(text);
  const { fileName = 'file.csv', ...changes } = options;
  const readOptions: ReadOptions = { ...READ_DEFAULTS, symbolNames: new SymbolNames(), ...changes };
  try {
    // The file is short: its head and its tail are all of it.
    const plan = planFile({ head: bytes, tail: bytes, isWhole: true, fileName }, readOptions);
    if (plan === undefined) return { bars: [], refused: [], plan };
    return { ...collectRows(plan, bytes, pieceBytes), plan };
  } catch (error) {
    if (!(error instanceof FilePlanError)) throw error;
    const refusal = { line: error.line, reason: error.reason, detail: error.message };
    return { bars: [], refused: [refusal], plan: undefined };
  }
}

/** Reads all rows of a file by its plan. */
export function collectRows(
  { delimiter, reader }: FilePlan,
  bytes: Uint8Array,
  pieceBytes = PIECE_BYTES,
): CollectedRows {
  const collected: CollectedRows = { bars: [], refused: [] };
  const sink = {
    bar: (symbol: string, bar: Bar) => void collected.bars.push({ symbol, ...bar }),
    refuse: (line: number, reason: ImportRefusal, detail: string) =>
      void collected.refused.push({ line, reason, detail }),
  };
  const splitter = splitterOf(delimiter, new BarReader(reader, sink));
  for (let at = 0; at < bytes.length; at += pieceBytes) splitter.push(bytes.subarray(at, at + pieceBytes));
  splitter.end();
  return collected;
}
