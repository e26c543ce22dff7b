/**
 * Finds the columns of a bar: by the user's `--columns`, by the columns that a known format names, or by the usual
 * names in a header. Pure. Throws {@link FilePlanError}, which names what was expected and what the file has.
 */
import { UsageError } from '../../terminal/index.js';
import type { ColumnRef, FormatColumns } from '../formats/index.js';
import { FilePlanError, type PriceFields, PRICE_NAMES } from '../reading/index.js';
import { bareName, NAMES, TIMES_OF_DAY } from './header-names.js';

/** The names that `--columns` takes. `date` is for a file with a separate column for the date. */
const COLUMN_NAMES = ['date', 'time', 'symbol', ...PRICE_NAMES, 'volume'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];
export const NO_VOLUME_HINT = '; for a file without volume, add --volume none';

/** 0-based index of each column. */
export interface FoundColumns extends PriceFields {
  date?: number;
  /** A date column that is used only when the times of the rows have no date. */
  spareDate?: number;
  time: number;
  symbol?: number;
  /** One or several columns; none when the user states that the file has no volume. */
  volume: readonly number[];
  /** True: several volume columns are added up. False: one of them is used. */
  addsVolumes: boolean;
}

/** A first field with a date and no time of day: `20240304`, `2024-03-04` or `3/4/2024`. */
const DATE_FIELD = /^\d{4}[-/.]?\d{2}[-/.]?\d{2}$|^\d{1,2}[/.]\d{1,2}[/.]\d{4}$/;
/** A second field with a time of day: `9:30`, `09:30:00`, `930`, `0930` or `093000`. */
const TIME_OF_DAY_FIELD = /^\d{1,2}:\d{2}(:\d{2})?$|^(\d|[01]\d|2[0-4])([0-5]\d){1,2}$/;
/** A second field that is not a number, so that it may be a symbol, such as `AAPL` or `.SPX`. */
const SYMBOL_FIELD = /^[^\d.+-]|^\.\D/;
/** Most names that a message shows, and most characters of each. */
const SHOWN_NAMES_MAX = 20;
const SHOWN_CHARS_MAX = 40;

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
  const prices = {
    open: find('open', columns.open),
    high: find('high', columns.high),
    low: find('low', columns.low),
    close: find('close', columns.close),
  };
  const date = columns.date === undefined ? undefined : find('date', columns.date);
  const time = find('time', columns.time);
  const [symbol = addedSymbol(header)] = columns.symbol === undefined ? [] : findAll([columns.symbol]);
  const totals = findAll([columns.volume].flat());
  const volumes = totals.length > 0 ? totals : findAll(columns.volumeParts ?? []);
  if (hasVolume && volumes.length === 0) throw columnError(header, 'volume', columns.volume);
  const volume = hasVolume ? volumes : [];
  const hasHeader = typeof columns.time !== 'number';
  if (hasHeader) refuseDuplicates(header, [date, time, symbol, ...Object.values(prices), ...volume]);
  return { date, time, symbol, ...prices, volume, addsVolumes: totals.length === 0 };
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

function columnError(header: readonly string[], name: ColumnName, ref: ColumnRef | readonly ColumnRef[]) {
  return unusableHeader(`expected a column "${String(ref)}" for ${name}; the columns are ${quoted(header)}`);
}

/**
 * Columns of a file with a header: those that the user names, and the others by their usual names.
 * @param wanted the user's header names @param hasVolume false when the user states that the file has no volume
 * @throws FilePlanError for a missing or duplicate column
 */
export function headerColumns(
  header: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
): FoundColumns {
  const bareHeader = header.map(bareName);
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
  const required = { time, open: find('open'), high: find('high'), low: find('low'), close: find('close') };
  const volume = hasVolume ? findAll('volume') : [];
  const missing: string[] = (['time', ...PRICE_NAMES] as const).filter((name) => required[name] < 0);
  if (hasVolume && volume.length === 0) missing.push('volume');
  if (missing.length > 0) throw missingColumnsError(header, missing);

  const date = find('date');
  const symbol = find('symbol');
  // Names that differ only in case count as the same. A name that the user gives is set apart: it can tell "close" from "Close".
  const wantedNames = new Set([...wanted.values()].map((column) => header[columnIndex(header, column)]));
  const comparedNames = header.map((name) => (wantedNames.has(name) ? `wanted ${name}` : name.trim().toLowerCase()));
  refuseDuplicates(header, [...Object.values(required), date, symbol, ...volume], comparedNames);

  const isSeparateDate = date >= 0 && date !== time;
  const dateBelongsToTime = wanted.has('date') || TIMES_OF_DAY.includes(bareHeader[time] ?? '');
  return {
    ...required,
    date: isSeparateDate && dateBelongsToTime ? date : undefined,
    spareDate: isSeparateDate && !dateBelongsToTime ? date : undefined,
    symbol: symbol < 0 ? undefined : symbol,
    volume,
    addsVolumes: false,
  };
}

/**
 * Refuses a header in which a used column occurs twice, as after merging two files: it is not clear which one is meant.
 * @param used indexes of the columns; undefined and −1 stand for a column that the file lacks
 * @param names the header in the form in which its names are compared @throws FilePlanError
 */
function refuseDuplicates(header: readonly string[], used: readonly (number | undefined)[], names = header): void {
  const isTwice = (list: readonly string[], name = ''): boolean =>
    name !== '' && list.indexOf(name) !== list.lastIndexOf(name);
  const duplicate = used.find((index = -1) => isTwice(names, names[index]));
  if (duplicate === undefined) return;
  const name = header[duplicate]!;
  const differInCase = !isTwice(header, name); // then a name in --columns can tell them apart
  const hint = differInCase
    ? 'name the right one with --columns'
    : 'skip the header (such as --skip-lines 1 --no-header) and give column numbers, such as --columns time=1,open=2,…';
  throw unusableHeader(`expected one column "${name}", was several in ${quoted(header)}: ${hint}`);
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
  const numbers = firstRow.map((_, index) => String(index + 1)); // they stand for the names that a header would have
  if (wanted.size > 0) return headerColumns(numbers, wanted, hasVolume);
  const [first = '', second = ''] = firstRow;
  let leading = ['time'];
  if (DATE_FIELD.test(first) && TIME_OF_DAY_FIELD.test(second)) leading = ['date', 'time'];
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

/** The index of the column with this name, or with this name in other case; −1 when there is none. */
function columnIndex(header: readonly string[], wantedName: string): number {
  const exact = header.indexOf(wantedName);
  return exact >= 0 ? exact : header.findIndex((name) => name.toLowerCase() === wantedName.toLowerCase());
}

function missingColumnsError(header: readonly string[], missing: readonly string[]): FilePlanError {
  const names = missing.join(', ');
  const isLikeData = header.some((name) => /^[\d.]+$/.test(name));
  const headerHint = isLikeData ? '; if the file has no header row, add --no-header' : '';
  const volumeHint = names === 'volume' ? NO_VOLUME_HINT : '';
  const hints = headerHint + volumeHint;
  return unusableHeader(`expected columns for ${names}, was ${quoted(header)}; name them with --columns${hints}`);
}

export function unusableHeader(message: string): FilePlanError {
  return new FilePlanError('unusable-header', message);
}

/** The names for a message: the first ones, each cut to a maximum length. */
export function quoted(header: readonly string[]): string {
  const shown = header.slice(0, SHOWN_NAMES_MAX).map((name) => `"${name.slice(0, SHOWN_CHARS_MAX)}"`);
  return shown.join(', ') + (header.length > SHOWN_NAMES_MAX ? ', …' : '');
}
