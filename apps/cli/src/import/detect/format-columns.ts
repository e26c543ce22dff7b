/** Finds the columns that a known format names. Pure. */
import type { ColumnRef, FormatColumns } from '../formats/index.js';
import { columnError, refuseDuplicates } from './header-errors.js';
import { type ColumnName, type FoundColumns, priceFields } from './header-columns.js';
import { bareName, NAMES } from './header-names.js';

/**
 * Columns of a known format.
 * @param header for a format without a header: the first row; only its number of fields counts
 * @param hasVolume false when the user states that the file has no volume @throws FilePlanError for a missing column
 */
export function formatColumns(header: readonly string[], columns: FormatColumns, hasVolume: boolean): FoundColumns {
  const find = (name: ColumnName, ref: ColumnRef): number => {
    const index = refIndex(header, ref);
    if (index < 0) throw columnError(header, name, ref);
    return index;
  };
  const findAll = (refs: readonly ColumnRef[]): number[] =>
    refs.map((ref) => refIndex(header, ref)).filter((index) => index >= 0);
  const prices = priceFields((name) => find(name, columns[name]));
  const date = columns.date === undefined ? undefined : find('date', columns.date);
  const time = find('time', columns.time);
  const [symbol = addedSymbol(header)] = columns.symbol === undefined ? [] : findAll([columns.symbol]);
  const totals = findAll([columns.volume].flat());
  const volumes = totals.length > 0 ? totals : findAll(columns.volumeParts ?? []);
  if (hasVolume && volumes.length === 0) throw columnError(header, 'volume', columns.volume);
  const volume = hasVolume ? volumes : [];
  const hasHeader = typeof columns.time !== 'number';
  if (hasHeader) refuseDuplicates(header, [date, time, symbol, ...Object.values(prices), ...volume]);
  return { date, time, symbol, values: { ...prices, volume }, addsVolumes: totals.length === 0 };
}

/**
 * The index of a column of symbols that was added to a vendor's file; undefined when no column has a usual name of symbols. A name of
 * one letter does not count: it may be that of an indicator of a chart.
 */
function addedSymbol(header: readonly string[]): number | undefined {
  const isSymbol = (name: string): boolean => name.length > 1 && NAMES.symbol.includes(bareName(name));
  const index = header.findIndex(isSymbol);
  return index < 0 ? undefined : index;
}

/** The 0-based index of a column; −1 when the header lacks it. A `ref` that is a number counts from 1. */
export function refIndex(header: readonly string[], ref: ColumnRef): number {
  if (typeof ref === 'number') return ref <= header.length ? ref - 1 : -1;
  return header.findIndex((name) => (typeof ref === 'string' ? name === ref : ref.test(name)));
}
