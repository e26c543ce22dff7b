/**
 * Looks for signs that the columns of a sample were misread, such as prices that were taken for volumes. Pure.
 *
 * `layout` says in which field of a row is what; it has one entry of `values` for each symbol of a wide file, otherwise one. `data` has the
 * sampled rows. The texts of a row are its fields; `group` has the keys above it in JSON, and `named` the symbol that JSON names above it.
 */
import { type Bar, DAY_MS, MINUTE_MS } from '@barkeep/bars';
import { isNoSymbol } from '../reading/index.js';
import { lastKey } from '../rows/index.js';
import { instantOf } from '../times/index.js';
import { bareName, NAMES, ownName, words } from './header-names.js';
import { lastRows } from './sample.js';
import type { FileReading, SampleBars } from './sample-bars.js';

const INTERVAL_COLUMNS = words('interval timeframe period per resolution barsize tf');
/** Bare names of columns that distinguish several series of one symbol, or complete bars from incomplete ones. */
const SERIES_COLUMNS = new Set([
  ...INTERVAL_COLUMNS,
  ...NAMES.complete,
  ...words(
    'exchange venue market mic publisherid instrumentid instrumenttoken isin figi conid securityid name security asset stock product contract ' +
      'underlying root expiry expiration strike type side adjusted currency closed final',
  ),
]);
const HOUR_MS = 60 * MINUTE_MS;

/** Warns of each series column in which rows of one symbol have different values. */
export function mixedRows({ start, sample, file: { layout, names, data } }: FileReading): string[] {
  const rows = [...data, ...lastRows(start, sample)]; // a file may have one symbol after another
  return names.flatMap((name, field) => {
    const isSeries = SERIES_COLUMNS.has(bareName(ownName(name)));
    if (!isSeries || field === layout.symbol || field === layout.complete?.field) return [];
    const firstBySymbol = new Map<string, string>();
    for (const { texts, group } of rows) {
      const other = texts[field] ?? '';
      if (other === name) continue; // joined files have several headers
      const symbol = layout.symbol === undefined ? lastKey(group ?? '') : (texts[layout.symbol] ?? '');
      const first = firstBySymbol.get(symbol) ?? other;
      firstBySymbol.set(symbol, first);
      if (first === other) continue;
      const differ = `differ in the column "${name}" ("${first}" and "${other}")`;
      return [`rows of ${symbol === '' ? 'one symbol' : symbol} ${differ}: are they whole bars of one series?`];
    }
    return [];
  });
}

/** Digits that an ISIN, a CUSIP or the number of an instrument has, and a ticker has not. */
const ID_DIGITS = /\d{5}/;

/** Warns when the file itself names another symbol than the one as which its rows are stored. */
export function otherSymbol({ file: { layout, data }, reader: { symbol } }: FileReading): string | undefined {
  const [first] = data;
  const inColumn = layout.symbol === undefined ? undefined : first?.texts[layout.symbol];
  const named = inColumn ?? layout.values[0]?.symbol ?? first?.named;
  if (symbol === undefined || named === undefined || isNoSymbol(named)) return undefined;
  const [given, inFile] = [bareName(symbol), bareName(named)];
  if (given.includes(inFile) || inFile.includes(given)) return undefined; // such as AAPL and AAPL.US
  if (ID_DIGITS.test(given) !== ID_DIGITS.test(inFile)) return undefined; // such as AAPL and its ISIN
  return `the file names the symbol ${named}, and its rows are stored as ${symbol}: is it the right file?`;
}

const UNIT_MS: Record<string, number> = { s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
/** A column's text with a number, a unit or both: `5m`, `1 hour`, `15`, `minute`. `(?!o)` leaves out months, which are no interval here. */
const INTERVAL_TEXT = /^(\d*) ?(?:(s|m(?!o)|h|d)[a-z]*)?$/i;
/** A number and a unit within a file's name: `SPY_5min.csv`. */
const INTERVAL_IN_NAME = /(?<![a-z\d])(\d+) ?(m|h|d)(?:in|ins|inutes?|our|ours|ay|ays)?(?![a-z\d])/i;

/** The interval that a column or the file's name states, such as 5m, in ms; `by` says which of them does. */
export function statedInterval({ file, start }: FileReading): { ms: number; by: string } | undefined {
  const field = file.names.findIndex((name) => INTERVAL_COLUMNS.includes(bareName(name)));
  const text = file.data[0]?.texts[field] ?? '';
  const inColumn = intervalOf(INTERVAL_TEXT.exec(text));
  if (inColumn !== undefined) return { ms: inColumn, by: `the column "${file.names[field]}"` };
  const inName = intervalOf(INTERVAL_IN_NAME.exec(start.fileName));
  return inName === undefined ? undefined : { ms: inName, by: "the file's name" };
}

/** The interval in ms of a match with a number and a unit. A number alone counts minutes; a unit alone means one of it. */
function intervalOf(match: RegExpExecArray | null): number | undefined {
  const [, count = '', unit = ''] = match ?? [];
  if (count === '' && unit === '') return undefined;
  return Number(count || 1) * (UNIT_MS[unit.toLowerCase()] ?? MINUTE_MS);
}

/** Zones are at most 14 hours from UTC, in steps of a quarter of an hour. */
const OFFSET_MAX_MS = 14 * HOUR_MS;
const OFFSET_STEP_MS = HOUR_MS / 4;

/** Warns of further time columns whose times are not those of the bars in any zone, such as times of a download. */
export function otherTimes({ file: { layout, names, data }, options }: FileReading): string[] {
  const isChosenByUser = options.columns.has('time');
  if (isChosenByUser || layout.date !== undefined) return [];
  const firstRow = data[0]?.texts ?? [];
  const barTime = instantOf(firstRow[layout.time]);
  const otherNames = names.filter((name, field) => {
    if (field === layout.time || !NAMES.time.includes(bareName(name))) return false;
    const difference = Math.abs(instantOf(firstRow[field]) - barTime); // NaN when the text is no time
    return difference > OFFSET_MAX_MS || difference % OFFSET_STEP_MS > 0;
  });
  const taken = `column "${names[layout.time]}" was taken for the time`;
  return otherNames.map((name) => `${taken}, and "${name}" has other times: --columns time=… names the right one`);
}

/** A volume from this share of the low to this multiple of the high looks like a price. */
const PRICE_LOW_SHARE = 0.8;
const PRICE_HIGH_MULTIPLE = 1.25;

/**
 * Warns when the supposed volumes of a file without a header look like prices, as an adjusted close does, and more columns follow, of
 * which one may be the volume.
 */
export function pricesAsVolumes({ file: { layout, names, format }, options, head }: SampleBars): string | undefined {
  const [field = -1] = layout.values[0]?.volume ?? [];
  const isKnown = options.columns.has('volume') || format !== undefined;
  const hasHeader = names[field] !== String(field + 1); // without a header, the name of a column is its number
  const hasMoreColumns = names.length > field + 1;
  if (isKnown || hasHeader || !hasMoreColumns) return undefined;
  const isPrice = ({ volume, low, high }: Bar): boolean =>
    volume >= low * PRICE_LOW_SHARE && volume <= high * PRICE_HIGH_MULTIPLE;
  if (head.length === 0 || !head.every(isPrice)) return undefined;
  return `column ${field + 1} was taken for the volume and looks like a price: --columns volume=… names the right one`;
}

/** Whole prices from here on are probably scaled: even a bitcoin in rupiahs costs less. */
const SCALED_PRICE_MIN = 5e9;

/** Warns when all prices are whole numbers that no market has: some vendors multiply prices by 10⁹. */
export function scaledPrices({ head }: SampleBars): string | undefined {
  const isScaled = ({ open }: Bar): boolean => Number.isInteger(open) && open >= SCALED_PRICE_MIN;
  if (head.length === 0 || !head.every(isScaled)) return undefined;
  return `prices such as ${head[0]!.open} are whole numbers: if they are scaled, import with --price-scale 1000000000`;
}

/** A volume whose dots may separate thousands. */
const GROUPED_VOLUME = /^[1-9]\d{0,2}(\.\d{3})+$/;
const BELOW_THOUSAND = /^\d{1,3}$/;

/** Warns when each volume is a whole number below 1000 or has a dot before each three digits, such as 1.234, and both occur. */
export function groupedVolumes({ file: { layout, data }, options: { numbers } }: FileReading): string | undefined {
  if (numbers.decimal !== '.' || numbers.thousands !== undefined) return undefined;
  const fields = layout.values.flatMap(({ volume }) => volume);
  const texts = data.flatMap((row) => fields.map((field) => row.texts[field] ?? '')).filter((text) => text !== '');
  const grouped = texts.find((text) => GROUPED_VOLUME.test(text));
  const hasWhole = texts.some((text) => BELOW_THOUSAND.test(text) && text !== '0');
  const areAlike = texts.every((text) => GROUPED_VOLUME.test(text) || BELOW_THOUSAND.test(text));
  if (grouped === undefined || !hasWhole || !areAlike) return undefined;
  return `volumes such as ${grouped} are read as fractions: if the dot separates thousands, import with --decimal , --thousands .`;
}
