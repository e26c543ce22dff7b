/** How the user wants files to be read. */
import type { Prices } from '@barkeep/bars';
import type { NumberStyle } from '../rows/index.js';
import type { SymbolNames } from '../reading/index.js';
import type { ColumnName } from './columns.js';

export interface ReadOptions {
  /** A name of the table of formats, or `csv` for columns by their usual names. Undefined: recognise the format. */
  format?: string;
  /** One character; undefined: the likely one. */
  delimiter?: string;
  /** False when the first row is data. */
  header: boolean;
  /** Lines before the header or the data. */
  skipLines: number;
  columns: ReadonlyMap<ColumnName, string>;
  /** See `timeParser`. */
  timeFormat?: string;
  /** Zone of times without an offset. */
  zone?: string;
  times?: 'open' | 'close';
  /** Interval of the rows, ms. */
  intervalMs: number;
  numbers: NumberStyle;
  priceScale?: number;
  /** False when the files have no volume. */
  hasVolume: boolean;
  prices: Prices;
  /** Symbol of every row. */
  symbol?: string;
  names: SymbolNames;
}

/** Everything but the names, which belong to one import. */
export const READ_DEFAULTS: Omit<ReadOptions, 'names'> = {
  header: true,
  skipLines: 0,
  columns: new Map(),
  intervalMs: 60_000,
  numbers: { decimal: '.' },
  hasVolume: true,
  prices: 'positive',
};
