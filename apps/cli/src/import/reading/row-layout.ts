/** Which fields of a row have the parts of a bar. Fields are counted from 0. */

export const PRICE_NAMES = ['open', 'high', 'low', 'close'] as const;
/** The field of each price. */
export type PriceFields = Record<(typeof PRICE_NAMES)[number], number>;

/** The fields of one bar's values. A row of a wide file has several bars. */
export interface ValueFields extends PriceFields {
  /** The volume is the sum of these fields, or 0 when there are none. */
  volume: readonly number[];
  /** Wide files only: the name of these values' symbol in the header. */
  symbol?: string;
  /** Lean's quotes only: the fields of the ask prices. The bar gets the means of bid and ask. */
  ask?: PriceFields;
}

export interface RowLayout {
  /** Set when the date is in another field than the time of day. */
  date?: number;
  time: number;
  symbol?: number;
  /** A field that says `false` or 0 in the row of a bar that is not whole, such as one that was not over when the file was written. */
  complete?: { field: number; name: string };
  /** One element; one for each symbol in a wide file. */
  values: readonly ValueFields[];
  /** Fewest fields that a row must have, when it needs further fields than those that are used. */
  fieldsMin?: number;
  /** Most fields that a row may have; further fields must be empty. */
  fieldsMax: number;
}

/** The fewest fields that a row must have: all fields that are used, and at least `fieldsMin`. */
export function fewestFields({ date = 0, time, symbol = 0, complete, values, fieldsMin = 0 }: RowLayout): number {
  const pricesIn = (fields?: PriceFields): number[] => (fields ? PRICE_NAMES.map((name) => fields[name]) : []);
  const used = values.flatMap((fields) => [...pricesIn(fields), ...pricesIn(fields.ask), ...fields.volume]);
  return Math.max(fieldsMin, Math.max(date, time, symbol, complete?.field ?? 0, ...used) + 1);
}
