/** Where the parts of a bar stand in a row. */

export const PRICE_NAMES = ['open', 'high', 'low', 'close'] as const;
/** Fields, from 0. */
export type PriceFields = Record<(typeof PRICE_NAMES)[number], number>;

/** The fields of one bar's values, from 0. A row of a wide file has several bars. */
export interface ValueFields extends PriceFields {
  /** Their sum is the volume; none stores 0. */
  volume: readonly number[];
  /** Symbol of these values, of a wide file. */
  symbol?: string;
  /** Lean's quotes: the fields of the ask prices, which are averaged with those of the bid. */
  ask?: PriceFields;
}

export interface RowLayout {
  /** Set when date and time of day stand in two fields. */
  date?: number;
  time: number;
  symbol?: number;
  values: readonly ValueFields[];
  /** Number of fields that a row must have. @default those that are used */
  fieldsMin?: number;
  /** Number of fields that a row may have; further ones must be empty. */
  fieldsMax: number;
}

/** The number of fields that a row must have. */
export function fieldsMin({ date = 0, time, symbol = 0, values, fieldsMin: given = 0 }: RowLayout): number {
  const used = values.flatMap((fields) => [...PRICE_NAMES.map((name) => fields[name]), ...fields.volume]);
  return Math.max(given, Math.max(date, time, symbol, ...used) + 1);
}
