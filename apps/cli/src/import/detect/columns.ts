/**
 * Finds the columns of a bar: by the user's `--columns`, by the columns that a known format names, or by the usual
 * names in a header. Pure. Throws {@link FilePlanError}, which names what was expected and what the file has.
 */
import { UsageError } from '../../terminal/index.js';
import type { ColumnRef, FormatColumns } from '../formats/index.js';
import { FilePlanError, type PriceFields, PRICE_NAMES } from '../reading/index.js';
import { bareName, NAMES, TIMES_OF_DAY } from './header-names.js';

/** The names that `--columns` takes. `date` is for a file in which the date has a column of its own. */
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
  /** True: several volume columns are added up. False: the one that has values other than 0 is used. */
  addsVolumes: boolean;
}

/** Columns of a known format. @param header the first row, when the format has no header */
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
  const [symbol] = columns.symbol === undefined ? [] : findAll([columns.symbol]);
  const totals = findAll([columns.volume].flat());
  const volumes = totals.length > 0 ? totals : findAll(columns.volumeParts ?? []);
  if (hasVolume && volumes.length === 0) throw columnError(header, 'volume', columns.volume);
  const volume = hasVolume ? volumes : [];
  const hasHeader = typeof columns.time !== 'number';
  if (hasHeader) refuseDuplicates(header, [date, time, symbol, ...Object.values(prices), ...volume]);
  return { date, time, symbol, ...prices, volume, addsVolumes: totals.length === 0 };
}

/** The 0-based index of a column; a number counts from 1. −1 when there is none. */
export function refIndex(header: readonly string[], ref: ColumnRef): number {
  if (typeof ref === 'number') return ref <= header.length ? ref - 1 : -1;
  return header.findIndex((name) => (typeof ref === 'string' ? name === ref : ref.test(name)));
}

function columnError(
  header: readonly string[],
  name: ColumnName,
  ref: ColumnRef | readonly ColumnRef[],
): FilePlanError {
  return unusableHeader(`expected a column "${String(ref)}" for ${name}; the columns are ${quoted(header)}`);
}

/**
 * Columns of a file with a header: those that the user names, and the others by their usual names.
 * @param hasVolume false when the user states that the file has no volume
 */
export function headerColumns(
  header: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
): FoundColumns {
  const bare = header.map(bareName);
  const find = (name: ColumnName): number[] => {
    const given = wanted.get(name);
    if (given !== undefined) return [givenIndex(header, name, given)];
    return NAMES[name].map((alias) => bare.indexOf(alias)).filter((index) => index >= 0);
  };
  const first = (name: ColumnName): number => find(name)[0] ?? -1;
  const time = first('time');
  const found = { time, open: first('open'), high: first('high'), low: first('low'), close: first('close') };
  const volume = hasVolume ? find('volume') : [];
  const absent: string[] = (['time', ...PRICE_NAMES] as const).filter((name) => found[name] < 0);
  if (hasVolume && volume.length === 0) absent.push('volume');
  if (absent.length > 0) throw missingColumnsError(header, absent);
  const [date, symbol] = [first('date'), first('symbol')];
  // A name that the user gave is compared as it is and only with its like: it can tell "close" from "Close".
  const given = new Set([...wanted.values()].map((column) => header[columnIndex(header, column)]));
  const names = header.map((text) => (given.has(text) ? `given ${text}` : text.trim().toLowerCase()));
  refuseDuplicates(header, [...Object.values(found), date, symbol, ...volume], names);
  const hasSeparateDate = date >= 0 && date !== time;
  const dateBelongsToTime = hasSeparateDate && (wanted.has('date') || TIMES_OF_DAY.includes(bare[time] ?? ''));
  return {
    ...found,
    ...(dateBelongsToTime ? { date } : hasSeparateDate && { spareDate: date }),
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
  const isTwice = (list: readonly string[], name: string): boolean => list.indexOf(name) !== list.lastIndexOf(name);
  const duplicate = used.find((index = -1) => {
    const name = names[index] ?? '';
    return name !== '' && isTwice(names, name);
  });
  if (duplicate === undefined) return;
  const name = header[duplicate]!;
  const hint = isTwice(header, name)
    ? 'skip the header (such as --skip-lines 1 --no-header) and give column numbers, such as --columns time=1,open=2,…'
    : 'name the right one with --columns';
  throw unusableHeader(`expected one column "${name}", was several in ${quoted(header)}: ${hint}`);
}

/**
 * Columns of a file without a header: time, open, high, low, close, volume. If the first row has a separate date, it comes before
 * the time. If the first row has a symbol, it comes after the time. When the user gives the symbol, there is no symbol column.
 */
export function columnsByPlace(
  firstRow: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
  hasSymbol: boolean,
): FoundColumns {
  const numbers = firstRow.map((_, index) => String(index + 1));
  if (wanted.size > 0) return headerColumns(numbers, wanted, hasVolume);
  const isTimeOfDay =
    /^\d{1,2}:\d{2}(:\d{2})?$|^\d{4}(\d{2})?$/.test(firstRow[1] ?? '') && !/[T :]/.test(firstRow[0] ?? '');
  const isDate = /^\d{4}[-/.]?\d{2}[-/.]?\d{2}$|^\d{1,2}[/.]\d{1,2}[/.]\d{4}$/.test(firstRow[0] ?? '');
  const isSymbol = !hasSymbol && /^[^\d.+-]|^\.\D/.test(firstRow[1] ?? '');
  const names = isDate && isTimeOfDay ? ['date', 'time'] : isSymbol ? ['time', 'symbol'] : ['time'];
  const needed = names.length + (hasVolume ? 5 : 4);
  if (firstRow.length < needed) {
    const volume = hasVolume && firstRow.length === needed - 1 ? NO_VOLUME_HINT : '';
    const expected = [...names, ...PRICE_NAMES, ...(hasVolume ? ['volume'] : [])].join(', ');
    throw unusableHeader(`expected the columns ${expected}, was ${firstRow.length} column(s)${volume}`);
  }
  return headerColumns([...names, ...PRICE_NAMES, 'volume'], new Map(), hasVolume);
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

function givenIndex(header: readonly string[], name: ColumnName, given: string): number {
  const index = columnIndex(header, given);
  if (index < 0) throw columnError(header, name, given);
  return index;
}

/** The index of the column with this name, or with this name in other case; −1 when there is none. */
function columnIndex(header: readonly string[], given: string): number {
  const exact = header.indexOf(given);
  return exact >= 0 ? exact : header.findIndex((column) => column.toLowerCase() === given.toLowerCase());
}

function missingColumnsError(header: readonly string[], absent: readonly string[]): FilePlanError {
  const names = absent.join(', ');
  const hasNumbers = header.some((column) => /^[\d.]+$/.test(column));
  const hint = hasNumbers ? '; if the file has no header row, add --no-header' : '';
  const rest = names === 'volume' ? hint + NO_VOLUME_HINT : hint;
  return unusableHeader(`expected columns for ${names}, was ${quoted(header)}; name them with --columns${rest}`);
}

export function unusableHeader(message: string): FilePlanError {
  return new FilePlanError('unusable-header', message);
}

export function quoted(header: readonly string[]): string {
  const shown = header.slice(0, 20).map((column) => `"${column.slice(0, 40)}"`);
  return shown.join(', ') + (header.length > 20 ? ', …' : '');
}
