/** The type of a known format, which describes a vendor's files of minute bars; and parts that formats share. */

/** A column: its name in the header (text or pattern), or its number from 1. */
export type ColumnRef = string | RegExp | number;

export interface FormatColumns extends Record<'open' | 'high' | 'low' | 'close', ColumnRef> {
  /** Set when the date is in another column than the time of day. */
  date?: ColumnRef;
  time: ColumnRef;
  /** A file that has one symbol may lack this column. */
  symbol?: ColumnRef;
  /** Of several columns that a file has, one that is above 0 in most rows is used. */
  volume: ColumnRef | readonly ColumnRef[];
  /** Columns that are added up in a file without a `volume` column. */
  volumeParts?: readonly ColumnRef[];
}

export interface BarFormat {
  /** The value for `--format`. */
  name: string;
  /** What `--list-formats` shows. */
  title: string;
  /** Where the format is documented. */
  source: string;
  /** @default ',', and undefined for JSON */
  delimiter?: string;
  /**
   * The headers that files may have: a file has all names of one of them, in any order. If `columns` has places, the first names must be in
   * these places.
   */
  headers?: readonly (readonly ColumnRef[])[];
  /** Matches the rows of a file without a header. */
  row?: RegExp;
  /** JSON: each row is an array of `length` values, and its time has `timeDigits` digits. */
  arrays?: { length: number; timeDigits: number };
  /** JSON: the keys of the objects. */
  keys?: readonly string[];
  /** JSON: matches the key whose value is the array of the objects. */
  under?: RegExp;
  /** Matches the open price, where two formats differ in nothing else. */
  price?: RegExp;
  /** Matches the text of the time, where files of another origin have the same header. */
  stamp?: RegExp;
  /** Matches the file's name; group 1 is the symbol. */
  file?: RegExp;
  /** True when another format has rows like these, so that the file's name must match `file`. */
  needsFile?: boolean;
  columns: FormatColumns;
  /** Formats of the time, as for --time-format. The first one that reads a sampled time is used. @default ['auto'] */
  time?: readonly string[];
  /** Zone of times without an offset. Set to undefined when only the user can know it. @default 'UTC' */
  zone?: string;
  /** Whether a time is the open or the close of its bar. @default 'open' */
  times?: 'open' | 'close';
  /** Prices are divided by this. @default 1 */
  priceScale?: number;
  /** The first lines of such a file. The tables leave out a header that is the first of `headers`. */
  example: readonly string[];
}

export const NEW_YORK = 'America/New_York';
/** A decimal number, as part of a pattern. */
export const NUMBER = String.raw`-?\d+(?:\.\d+)?`;

// Columns that several formats share: by name, or by number from 1.
export const LOWER = { open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' } as const;
export const CAPITALS = { open: 'Open', high: 'High', low: 'Low', close: 'Close', volume: 'Volume' } as const;
export const IN_ORDER = { time: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 } as const;
export const DATE_AND_TIME = { date: 1, time: 2, open: 3, high: 4, low: 5, close: 6, volume: 7 } as const;
const BRACKETED_PRICES = { open: '<OPEN>', high: '<HIGH>', low: '<LOW>', close: '<CLOSE>' } as const;
export const BRACKETED = { date: '<DATE>', time: '<TIME>', ...BRACKETED_PRICES } as const;
