/** Finds the column that says whether a bar was over when the file was written. Pure. */
import type { RowLayout } from '../reading/index.js';
import { bareName, ownName, words } from './header-names.js';
import type { SampleRow } from './sample.js';

/** Usual bare names of the column: `complete` at OANDA, `confirm` at OKX. */
const COMPLETE_NAMES = words('complete iscomplete confirm confirmed isclosed isfinal');

/** The column; undefined when no sampled row says that its bar was over: then the column means something else. */
export function completeColumn(names: readonly string[], data: readonly SampleRow[]): RowLayout['complete'] {
  const field = names.findIndex((name) => COMPLETE_NAMES.includes(bareName(ownName(name))));
  const isUsed = data.some(({ texts }) => /^(true|1)$/i.test(texts[field] ?? ''));
  return isUsed ? { field, name: names[field]! } : undefined;
}
