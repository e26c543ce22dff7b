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

export interface Collected {
  bars: (Bar & { symbol: string })[];
  /** Refused rows. When the whole file is refused, one entry for it. `line` counts from 1. */
  refused: { line: number; reason: ImportRefusal; detail: string }[];
  /** How the importer understood the file. Undefined for a file without text, or for one that is refused as a whole. */
  plan: FilePlan | undefined;
}

/** @param pieceBytes size of the pieces in which the text is read; a small one splits rows between pieces */
export function collect(
  text: string | Uint8Array,
  options: Partial<ReadOptions> & { fileName?: string } = {},
  pieceBytes = 7,
): Collected {
  const collected: Collected = { bars: [], refused: [], plan: undefined };
  const bytes = Buffer.from(text);
  const { fileName = 'file.csv', ...changes } = options;
  try {
    const readOptions: ReadOptions = { ...READ_DEFAULTS, symbolNames: new SymbolNames(), ...changes };
    const plan = planFile({ head: bytes, tail: bytes, isWhole: true, fileName }, readOptions);
    collected.plan = plan;
    if (plan === undefined) return collected;
    const sink = {
      bar: (symbol: string, bar: Bar) => void collected.bars.push({ symbol, ...bar }),
      refuse: (line: number, reason: ImportRefusal, detail: string) =>
        void collected.refused.push({ line, reason, detail }),
    };
    const splitter = splitterOf(plan.delimiter, new BarReader(plan.reader, sink));
    for (let at = 0; at < bytes.length; at += pieceBytes) splitter.push(bytes.subarray(at, at + pieceBytes));
    splitter.end();
  } catch (error) {
    if (!(error instanceof FilePlanError)) throw error;
    collected.refused.push({ line: error.line, reason: error.reason, detail: error.message });
  }
  return collected;
}
