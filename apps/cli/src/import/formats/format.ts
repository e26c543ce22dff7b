/** The description of a named format: how a vendor writes its files of minute bars, and what several formats share. Data only. */

/** A column: its name in the header (text or pattern), or its number from 1. */
export type ColumnRef = string | RegExp | number;

export interface FormatColumns {
  /** Set when date and time of day stand in two columns. */
  date?: ColumnRef;
  time: ColumnRef;
  /** Optional in a file that has one symbol. */
  symbol?: ColumnRef;
  open: ColumnRef;
  high: ColumnRef;
  low: ColumnRef;
  close: ColumnRef;
  /** Of several columns, those that a file has are added up, unless `usesOneVolume` is true. */
  volume: ColumnRef | readonly ColumnRef[];
  /** True: of several volume columns, one that has values other than 0 is used instead of their sum. */
  usesOneVolume?: boolean;
}

export interface BarFormat {
  /** As `--format` takes it. */
  name: string;
  title: string;
  /** Where the form is documented. */
  source: string;
  /** @default ',' */
  delimiter?: string;
  /** Headers that the files have: all names of one of them must be there, in any order. Undefined: rows without a header. */
  headers?: readonly (readonly ColumnRef[])[];
  /** Every row of a file without a header. */
  row?: RegExp;
  /** JSON: each row is an array of `length` values, and its time has `timeDigits` digits. */
  arrays?: { length: number; timeDigits: number };
  /** JSON: the keys of the objects. */
  keys?: readonly string[];
  /** JSON: the key that the array of the objects is under. */
  under?: RegExp;
  /** The open price as this format writes it, where two formats differ in nothing else. */
  price?: RegExp;
  /** The time as this format writes it, where files of other origin have the same header. */
  stamp?: RegExp;
  /** Name of the file; group 1 is the symbol. */
  file?: RegExp;
  /** The rows alone do not show which format it is: the file's name must. */
  needsFile?: boolean;
  columns: FormatColumns;
  /** Formats of the time, in the words of --time-format; the first one that reads the first row. @default ['auto'] */
  time?: readonly string[];
  /** Zone of times without an offset. Given as undefined: the files do not say it, the user must. @default 'UTC' */
  zone?: string;
  /** Whether a time is the open or the close of its bar. @default 'open' */
  times?: 'open' | 'close';
  /** Prices are divided by it. @default 1 */
  priceScale?: number;
  /** The first lines of a file. */
  example: readonly string[];
}

export const NEW_YORK = 'America/New_York';
/** A decimal number, as part of a pattern. */
export const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
export const LOWER = { open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' } as const;
export const CAPITALS = { open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' } as const;
export const IN_ORDER = { time: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 } as const;
export const DATE_AND_TIME = { date: 1, time: 2, open: 3, high: 4, low: 5, close: 6, volume: 7 } as const;
export const BRACKETED = {
  date: '<DATE>',
  time: '<TIME>',
  open: '<OPEN>',
  high: '<HIGH>',
  low: '<LOW>',
  close: '<CLOSE>',
} as const;
