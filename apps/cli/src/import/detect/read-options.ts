/** How the user wants files to be read. */
import type { Prices } from '@barkeep/bars';
import type { NumberStyle } from '../rows/index.js';
import type { SymbolNames } from '../reading/index.js';
import type { ColumnName } from './header-columns.js';

export interface ReadOptions {
  /** The name of a known format (`--list-formats`), or `csv` (finds columns by usual names). Undefined: recognised from the file. */
  format?: string;
  /** One character. Undefined: the most likely one, judged from the file. */
  delimiter?: string;
  /** False when the first row is data. */
  hasHeader: boolean;
  /** Number of lines to skip before the header, or before the data when there is no header. */
  skipLines: number;
  /** The user's `--columns`: the header name of each column, or its number, counted from 1, when there is no header. */
  columns: ReadonlyMap<ColumnName, string>;
  /** `auto`, `iso`, a unit of epochs such as `ms`, or a pattern such as `MM/dd/yyyy HH:mm`; see `timeParser`. */
  timeFormat?: string;
  /** IANA time zone of times that have no offset. Undefined: that of the format, or of the time column's name, or UTC. */
  zone?: string;
  /** Whether the time of a row is the open or the close of its bar. Undefined: as in the format, otherwise the open. */
  times?: 'open' | 'close';
  /** Interval of the rows. */
  intervalMs: number;
  /** True when a calendar decides which rows have a slot, and when a bar opens that ends with its market's hours. */
  hasCalendar?: boolean;
  numbers: NumberStyle;
  /** Prices are divided by this. Undefined: the scale of the format, or 1. */
  priceScale?: number;
  hasVolume: boolean;
  /** Which prices are valid: `positive`, or `any`, which allows 0 and negative ones. */
  prices: Prices;
  /** The symbol of every row, when the user names one. */
  symbol?: string;
  /** True when the JSON key that the bars of a symbol are under is its name. A symbol column comes first. */
  symbolFromKey?: boolean;
  symbolNames: SymbolNames;
}

/** Defaults of all options except `symbolNames`, which each import creates for itself. */
export const READ_DEFAULTS: Omit<ReadOptions, 'symbolNames'> = {
  hasHeader: true,
  skipLines: 0,
  columns: new Map(),
  intervalMs: 60_000,
  numbers: { decimal: '.' },
  hasVolume: true,
  prices: 'positive',
};
