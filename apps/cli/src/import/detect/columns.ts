/**
 * Finds the columns of a bar: by the user's `--columns`, by a format's references, or by the usual names in a header.
 * Pure. Throws {@link ColumnsError}, which names what was expected and what the file has.
 */
import type { ColumnRef, FormatColumns, VolumeRef } from '../formats/index.js';
import type { PriceFields } from '../reading/index.js';
import { bareName, NAMES, TIMES_OF_DAY } from './header-names.js';

/** `date` is a separate column for the day. */
const COLUMN_NAMES = ['date', 'time', 'symbol', 'open', 'high', 'low', 'close', 'volume'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];
/** 0-based index of each column. `volume` may be several: `either` means the first one that is not always zero. */
export interface FoundColumns extends PriceFields {
  date?: number;
  /** A date column that may belong to the time: it does when the times of the rows have no date. */
  spareDate?: number;
  time: number;
  symbol?: number;
  volume: { sum: readonly number[] } | { either: readonly number[] };
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

/** The columns of a file do not say where a bar's values are, or fit formats that mean different things. */
export class ColumnsError extends Error {
  override readonly name = 'ColumnsError';
  constructor(
    message: string,
    readonly reason: 'unusable-header' | 'ambiguous-format' = 'unusable-header',
  ) {
    super(message);
  }
}

/** Columns of a named format. */
export function formatColumns(header: readonly string[], columns: FormatColumns, hasVolume: boolean): FoundColumns {
  const find = (name: ColumnName, ref: ColumnRef): number => {
    const index = refIndex(header, ref);
    if (index < 0) throw new ColumnsError(`expected a column ${String(ref)} for ${name}, was ${quoted(header)}`);
    if (typeof ref !== 'number') refuseDoubles(header, [index]);
    return index;
  };
  const symbol = columns.symbol === undefined ? -1 : refIndex(header, columns.symbol);
  return {
    date: columns.date === undefined ? undefined : find('date', columns.date),
    symbol: symbol < 0 ? undefined : symbol,
    time: find('time', columns.time),
    open: find('open', columns.open),
    high: find('high', columns.high),
    low: find('low', columns.low),
    close: find('close', columns.close),
    volume: hasVolume ? volumeColumns(header, columns.volume) : { sum: [] },
  };
}

export function refIndex(header: readonly string[], ref: ColumnRef): number {
  if (typeof ref === 'number') return ref <= header.length ? ref - 1 : -1;
  return header.findIndex((name) => (typeof ref === 'string' ? name === ref : ref.test(name)));
}

function volumeColumns(header: readonly string[], ref: VolumeRef): FoundColumns['volume'] {
  const present = (refs: readonly ColumnRef[]): number[] =>
    refs.map((one) => refIndex(header, one)).filter((index) => index >= 0);
  if (typeof ref === 'object' && 'sum' in ref) return { sum: present(ref.sum) };
  if (typeof ref === 'object' && 'either' in ref) return { either: present(ref.either) };
  const found = present([ref]);
  if (found.length === 0) throw new ColumnsError(`expected a column ${String(ref)} for volume, was ${quoted(header)}`);
  return { sum: found };
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
  const aliased = (aliases: readonly string[]): number =>
    aliases.map((alias) => bare.indexOf(alias)).find((index) => index >= 0) ?? -1;
  const find = (name: Exclude<ColumnName, 'volume'>): number => {
    const given = wanted.get(name);
    return given === undefined ? aliased(NAMES[name]) : givenIndex(header, name, given);
  };
  const time = find('time');
  const found = { time, open: find('open'), high: find('high'), low: find('low'), close: find('close') };
  const volumes = volumeIndexes(header, bare, wanted.get('volume'), hasVolume);
  const absent = (['time', ...PRICES] as const).filter((name) => found[name] < 0);
  if (absent.length > 0 || volumes === undefined) throw missing(header, absent, volumes === undefined);
  const [date, symbol] = [find('date'), find('symbol')];
  refuseDoubles(header, [...Object.values(found), date, symbol, ...volumes]);
  const isOther = date >= 0 && date !== time;
  const hasDate = isOther && (wanted.has('date') || TIMES_OF_DAY.includes(bare[time] ?? ''));
  return {
    ...found,
    ...(hasDate ? { date } : isOther && { spareDate: date }),
    symbol: symbol < 0 ? undefined : symbol,
    volume: volumes.length > 1 ? { either: volumes } : { sum: volumes },
  };
}

/** Refuses a header that has the name of a used column twice, as that of two merged files has: which one is meant is unknown. */
function refuseDoubles(header: readonly string[], used: readonly number[]): void {
  const names = used.filter((index) => index >= 0).map((index) => header[index] ?? '');
  const double = names.find((name) => name !== '' && header.indexOf(name) !== header.lastIndexOf(name));
  if (double === undefined) return;
  throw new ColumnsError(
    `expected one column "${double}", was more than one in ${quoted(header)}: skip the header with --skip-lines and --no-header, ` +
      'and give the numbers of the columns with --columns time=1,open=2,…',
  );
}

/** Undefined when the file should have a volume and has none. */
function volumeIndexes(
  header: readonly string[],
  bare: readonly string[],
  given: string | undefined,
  hasVolume: boolean,
): number[] | undefined {
  if (!hasVolume) return [];
  if (given !== undefined) return [givenIndex(header, 'volume', given)];
  const found = NAMES.volume.map((alias) => bare.indexOf(alias)).filter((index) => index >= 0);
  return found.length === 0 ? undefined : found;
}

/**
 * Columns of a file without a header: time, open, high, low, close, volume, with the date before the time or the symbol
 * after it where the first row has them. A file with a given symbol has no symbol column.
 */
export function columnsByPlace(
  first: readonly string[],
  wanted: ReadonlyMap<ColumnName, string>,
  hasVolume: boolean,
  hasSymbol: boolean,
): FoundColumns {
  const numbers = first.map((_, index) => String(index + 1));
  if (wanted.size > 0) return headerColumns(numbers, wanted, hasVolume);
  const isTimeOfDay = /^\d{1,2}:\d{2}(:\d{2})?$|^\d{4}(\d{2})?$/.test(first[1] ?? '') && !/[T :]/.test(first[0] ?? '');
  const isDate = /^\d{4}[-/.]?\d{2}[-/.]?\d{2}$|^\d{1,2}[/.]\d{1,2}[/.]\d{4}$/.test(first[0] ?? '');
  const isSymbol = !hasSymbol && /^[^\d+-]/.test(first[1] ?? '');
  const names = isDate && isTimeOfDay ? ['date', 'time'] : isSymbol ? ['time', 'symbol'] : ['time'];
  const needed = names.length + (hasVolume ? 5 : 4);
  if (first.length < needed) {
    const volume = hasVolume && first.length === needed - 1 ? '; --volume none reads a file without volume' : '';
    const expected = [...names, ...PRICES, ...(hasVolume ? ['volume'] : [])].join(', ');
    throw new ColumnsError(`expected ${expected}, was ${first.length} column(s)${volume}`);
  }
  return headerColumns([...names, ...PRICES, 'volume'], new Map(), hasVolume);
}

/** Reads `time=ts,open=o` into a map. @throws ColumnsError for an unknown name or a form that is not name=column */
export function parseColumnsOption(text: string): Map<ColumnName, string> {
  const wanted = new Map<ColumnName, string>();
  for (const part of text.split(',')) {
    const [key = '', ...rest] = part.split('=');
    const name = COLUMN_NAMES.find((known) => known === key.trim());
    const column = rest.join('=').trim();
    if (name === undefined || column === '') {
      throw new ColumnsError(`expected NAME=COLUMN with NAME one of ${COLUMN_NAMES.join(', ')}, was "${part}"`);
    }
    wanted.set(name, column);
  }
  return wanted;
}

function givenIndex(header: readonly string[], name: ColumnName, given: string): number {
  const exact = header.indexOf(given);
  if (exact >= 0) return exact;
  const loose = header.findIndex((column) => column.toLowerCase() === given.toLowerCase());
  if (loose >= 0) return loose;
  throw new ColumnsError(`expected a column "${given}" for ${name}, was ${quoted(header)}`);
}

function missing(header: readonly string[], absent: readonly string[], noVolume: boolean): ColumnsError {
  const hint = header.some((column) => /^[\d.]+$/.test(column)) ? '; without a header row, add --no-header' : '';
  const volume = noVolume && absent.length === 0 ? '; --volume none reads a file without volume' : '';
  const names = [...absent, ...(noVolume ? ['volume'] : [])].join(', ');
  return new ColumnsError(
    `expected columns for ${names} (name them with --columns)${hint}${volume}, was ${quoted(header)}`,
  );
}

export function quoted(header: readonly string[]): string {
  const shown = header.slice(0, 20).map((column) => `"${column.slice(0, 40)}"`);
  return shown.join(', ') + (header.length > 20 ? ', …' : '');
}
