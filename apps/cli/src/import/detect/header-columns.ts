/** Finds the columns of a bar: by the user's `--columns`, by the usual names in a header, or by their places. Pure. */
import { UsageError } from '../../terminal/index.js';
import { type PriceFields, PRICE_NAMES, type RowLayout, type ValueFields } from '../reading/index.js';
import { DATE_TEXT, TIME_DIGITS, TIME_OF_DAY } from './field-texts.js';
import { columnError, missingColumnsError, NO_VOLUME_HINT, refuseDuplicates, unusableHeader } from './header-errors.js';
import { bareName, NAMES, ownName, TIMES_OF_DAY } from './header-names.js';

/** The names that `--columns` takes. `date` is for a file with a separate column for the date; for `complete` see {@link completeColumn}. */
const COLUMN_NAMES = ['date', 'time', 'symbol', ...PRICE_NAMES, 'volume', 'complete'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];

/** The 0-based index of each column. */
export interface FoundColumns extends Pick<RowLayout, 'date' | 'time' | 'symbol'> {
  /** A date column that is used only when the times of the rows have no date. */
  spareDate?: number;
  /** `volume` has one or several columns; none when the user states that the file has no volume. */
  values: ValueFields;
  /** True: several volume columns are added up. False: one of them is used. */
  addsVolumes: boolean;
}

/** A second field that is not a number, so that it may be a symbol, such as `AAPL` or `.SPX`. */
const SYMBOL_FIELD = /^[^\d.+-]|^\.\D/;

export function priceFields(fieldOf: (name: keyof PriceFields) => number): PriceFields {
  return { open: fieldOf('open'), high: fieldOf('high'), low: fieldOf('low'), close: fieldOf('close') };
}

/** The names of columns in a file without a header: their numbers, from 1. */
export function placeNames(firstRow: readonly string[]): string[] {
  return firstRow.map((_, index) => String(index + 1));
}

/**
 * Columns of a file with a header: those that the user names, and the others by their usual names.
 * @param wanted the user's header names @param hasVolume false when the user states that the file has no volume
 * @param bareHeader the names that are compared with the usual ones
 * @throws FilePlanError for a missing or duplicate column
 */
export function headerColumns(
  header: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
  bareHeader: readonly string[] = header.map(bareName),
): FoundColumns {
  const findAll = (name: ColumnName): number[] => {
    const wantedColumn = wanted.get(name);
    if (wantedColumn === undefined)
      return NAMES[name].map((usualName) => bareHeader.indexOf(usualName)).filter((index) => index >= 0);
    const index = columnIndex(header, wantedColumn);
    if (index < 0) throw columnError(header, name, wantedColumn);
    return [index];
  };
  const find = (name: ColumnName): number => findAll(name)[0] ?? -1;
  const time = find('time');
  const prices = priceFields(find);
  const volume = hasVolume ? findAll('volume') : [];
  const required = { time, ...prices, ...(hasVolume && { volume: volume[0] ?? -1 }) };
  const missing = Object.entries(required).flatMap(([name, field]) => (field < 0 ? name : []));
  if (missing.length > 0) throw missingColumnsError(header, missing);
  const date = find('date');
  const symbol = find('symbol');
  const used = [time, ...Object.values(prices), date, symbol, ...volume];
  refuseDuplicates(header, used, comparedNames(header, wanted));

  const isSeparateDate = date >= 0 && date !== time;
  const dateBelongsToTime = wanted.has('date') || TIMES_OF_DAY.includes(bareHeader[time] ?? '');
  return {
    time,
    date: isSeparateDate && dateBelongsToTime ? date : undefined,
    spareDate: isSeparateDate && !dateBelongsToTime ? date : undefined,
    symbol: symbol < 0 ? undefined : symbol,
    values: { ...prices, volume },
    addsVolumes: false,
  };
}

/**
 * The column that says `false` or 0 in the row of a bar that is not whole. By default one with a usual name, if a sampled row says that its
 * bar is whole: otherwise the column means something else.
 * @param names of the columns @param wanted the user's name for it; `none` for no column
 * @throws FilePlanError when the user's column is missing, or says something else
 */
export function completeColumn(
  names: readonly string[],
  data: readonly { texts: readonly string[] }[],
  wanted: string | undefined,
): RowLayout['complete'] {
  if (wanted === 'none') return undefined;
  if (wanted === undefined) {
    const field = names.findIndex((name) => NAMES.complete.includes(bareName(ownName(name))));
    const isUsed = data.some(({ texts }) => /^(true|1)$/i.test(texts[field] ?? ''));
    return isUsed ? { field, name: names[field]! } : undefined;
  }
  const field = columnIndex(names, wanted);
  if (field < 0) throw columnError(names, 'complete', wanted);
  const name = names[field]!;
  const other = data.map(({ texts }) => texts[field] ?? '').find((text) => !/^(true|1|false|0|)$/i.test(text));
  if (other !== undefined && other !== name)
    throw unusableHeader(
      `expected true, false, 1 or 0 in the column "${name}" (--columns complete=${wanted}), was "${other}"`,
    );
  return { field, name };
}

/** The names of a header by which duplicates are found: a difference in case does not count, unless the user gives the name of one. */
function comparedNames(header: readonly string[], wanted: ReadonlyMap<ColumnName, string>): string[] {
  const wantedNames = new Set([...wanted.values()].map((column) => header[columnIndex(header, column)]));
  return header.map((name) => (wantedNames.has(name) ? `wanted ${name}` : name.trim().toLowerCase()));
}

/** The index of the column with this name, or with this name in other case; −1 when there is none. */
function columnIndex(header: readonly string[], wantedName: string): number {
  const exact = header.indexOf(wantedName);
  return exact >= 0 ? exact : header.findIndex((name) => name.toLowerCase() === wantedName.toLowerCase());
}

/**
 * Columns of a file without a header: time, open, high, low, close, volume. If the first row has a separate date, it comes before
 * the time. If the first row has a symbol, it comes after the time. When the user gives the symbol, there is no symbol column.
 * @param wanted the user's column numbers, which replace this order
 */
export function columnsByPlace(
  firstRow: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
  isSymbolGiven: boolean,
): FoundColumns {
  if (wanted.size > 0) return headerColumns(placeNames(firstRow), wanted, hasVolume);
  const [first = '', second = ''] = firstRow;
  const isSecondTime = TIME_OF_DAY.test(second) || TIME_DIGITS.test(second);
  let leading = ['time'];
  if (DATE_TEXT.test(first) && isSecondTime) leading = ['date', 'time'];
  else if (!isSymbolGiven && SYMBOL_FIELD.test(second)) leading = ['time', 'symbol'];
  const names = [...leading, ...PRICE_NAMES, ...(hasVolume ? ['volume'] : [])];
  if (firstRow.length < names.length) {
    const hint = hasVolume && firstRow.length === names.length - 1 ? NO_VOLUME_HINT : '';
    throw unusableHeader(`expected the columns ${names.join(', ')}, was ${firstRow.length} column(s)${hint}`);
  }
  return headerColumns(names, new Map(), hasVolume);
}

/** Reads `time=ts,open=o` into a map. @throws UsageError for an unknown name, or a part that is not name=column */
export function parseColumnsOption(text: string): Map<ColumnName, string> {
  const wanted = new Map<ColumnName, string>();
  for (const part of text.split(',')) {
    const [key = '', ...rest] = part.split('=');
    const name = COLUMN_NAMES.find((known) => known === key.trim());
    const column = rest.join('=').trim();
    if (name === undefined || column === '') {
      throw new UsageError(
        `--columns: expected NAME=COLUMN with NAME one of ${COLUMN_NAMES.join(', ')}, was "${part}"`,
      );
    }
    wanted.set(name, column);
  }
  return wanted;
}
