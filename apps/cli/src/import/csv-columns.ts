/**
 * Finds out which column of a CSV file holds what: from the names in its header, or from the user's `--columns`.
 * Pure. A mapping that does not fit throws {@link ColumnsError}, which names what was expected and what there is.
 */

/** `date` is set when the day and the time of day stand in two columns. */
export const COLUMN_NAMES = ['date', 'time', 'symbol', 'open', 'high', 'low', 'close', 'volume'] as const;
export type ColumnName = (typeof COLUMN_NAMES)[number];
/** 0-based index of each column that was found. */
export type ColumnMap = { [name in ColumnName]?: number } & Record<
  'time' | 'open' | 'high' | 'low' | 'close' | 'volume',
  number
>;
const REQUIRED = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/** How columns are called in the wild; compared in lower case with everything but letters and digits left out. */
const ALIASES: Record<ColumnName, readonly string[]> = {
  date: ['date', 'day'],
  time: [
    'time',
    'timestamp',
    'datetime',
    'opentime',
    'ts',
    't',
    'date',
    'unix',
    'unixtime',
    'epoch',
    'bartime',
    'tsevent',
    'starttime',
    'timeutc',
    'gmttime',
  ],
  symbol: ['symbol', 'ticker', 'sym', 'instrument', 'code', 's'],
  open: ['open', 'o', 'openprice', 'first'],
  high: ['high', 'h', 'highprice', 'max'],
  low: ['low', 'l', 'lowprice', 'min'],
  close: ['close', 'c', 'closeprice', 'last'],
  volume: ['volume', 'v', 'vol', 'basevolume', 'tickvolume'],
};

/** The columns of a file do not say where a bar's values are. */
export class ColumnsError extends Error {
  override readonly name = 'ColumnsError';
}

/** Columns of a file without a header, in this order; with a symbol column second when there are seven. */
export function columnsWithoutHeader(count: number, wanted: ReadonlyMap<ColumnName, string>): ColumnMap {
  const usual = count >= 7 ? ['time', 'symbol', ...REQUIRED.slice(1)] : [...REQUIRED];
  const header = Array.from({ length: count }, (_, index) => String(index + 1));
  if (wanted.size > 0) return chosenColumns(header, wanted);
  if (count < 6) throw new ColumnsError(`expected ${REQUIRED.join(', ')}, was ${count} column(s)`);
  return chosenColumns(usual, new Map());
}

/** Columns of a file with a header: what the user named, and for the rest the usual names. */
export function chosenColumns(header: readonly string[], wanted: ReadonlyMap<ColumnName, string>): ColumnMap {
  const found: Partial<Record<ColumnName, number>> = {};
  for (const name of COLUMN_NAMES) {
    const given = wanted.get(name);
    const index = given === undefined ? aliasIndex(header, name) : givenIndex(header, name, given);
    if (index !== undefined) found[name] = index;
  }
  if (found.date === found.time) delete found.date;
  const { time, open, high, low, close, volume } = found;
  if (time === undefined || open === undefined || high === undefined) throw missing(header, found);
  if (low === undefined || close === undefined || volume === undefined) throw missing(header, found);
  return { ...found, time, open, high, low, close, volume };
}

/** Reads `time=ts,open=o` into a map. @throws ColumnsError for an unknown name or a form that is not name=column. */
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

function aliasIndex(header: readonly string[], name: ColumnName): number | undefined {
  const bare = header.map((column) => column.toLowerCase().replace(/[^a-z0-9]/g, ''));
  for (const alias of ALIASES[name]) {
    const index = bare.indexOf(alias);
    if (index >= 0) return index;
  }
  return undefined;
}

function givenIndex(header: readonly string[], name: ColumnName, given: string): number {
  const exact = header.indexOf(given);
  if (exact >= 0) return exact;
  const loose = header.findIndex((column) => column.toLowerCase() === given.toLowerCase());
  if (loose >= 0) return loose;
  throw new ColumnsError(`expected a column "${given}" for ${name}, was ${quoted(header)}`);
}

function missing(header: readonly string[], found: Partial<Record<ColumnName, number>>): ColumnsError {
  const absent = REQUIRED.filter((name) => found[name] === undefined);
  const hint = header.some((column) => /^[\d.]+$/.test(column)) ? '; without a header row, add --no-header' : '';
  return new ColumnsError(
    `expected columns for ${absent.join(', ')} (name them with --columns)${hint}, was ${quoted(header)}`,
  );
}

function quoted(header: readonly string[]): string {
  const shown = header.slice(0, 20).map((column) => `"${column.slice(0, 40)}"`);
  return shown.join(', ') + (header.length > 20 ? ', …' : '');
}
