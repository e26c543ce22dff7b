/** Finds what columns and names say against the reading of a file: other instruments, another interval, prices as volumes, grouped volumes. Pure. */
import type { FileLayout } from './layout.js';
import { lastKey, type NumberStyle } from '../rows/index.js';
import { clockOf, timeParser } from '../times/index.js';
import { bareName, NAMES } from './header-names.js';
import { dataRows, type SampleRow } from './sample.js';
import type { SampleBar } from './sample-bars.js';

/** Columns that tell two series of one symbol apart, or a bar that was not complete. */
const KEYS = new Set(
  'exchange venue market mic publisherid contract expiry expiration strike type side adjusted currency interval timeframe period per resolution barsize complete confirm closed isclosed final isfinal'.split(
    ' ',
  ),
);
const INTERVALS = new Set('interval timeframe period per resolution barsize tf'.split(' '));
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A volume whose dots may separate thousands. */
const GROUPED = /^[1-9]\d{0,2}(\.\d{3})+$/;
const BELOW_THOUSAND = /^\d{1,3}$/;

/** 5 times 10⁹; a bitcoin in rupiahs costs less. */
const SCALED_PRICE_MIN = 5e9;
const OFFSET_MAX_MS = 14 * 3_600_000;
const OFFSET_STEP_MS = 900_000;

/** A warning when rows of one symbol have several values in a column that tells series apart. */
export function mixedRows(file: FileLayout, rows: readonly SampleRow[]): string[] {
  const { layout, names } = file;
  const data = dataRows(rows, file.headerLines);
  const symbolOf = ({ texts, group }: SampleRow): string =>
    layout.symbol === undefined ? lastKey(group ?? '') : (texts[layout.symbol] ?? '');
  return names.flatMap((name, field) => {
    if (!KEYS.has(bareName(name)) || field === layout.symbol) return [];
    const bySymbol = new Map<string, string>();
    for (const row of data) {
      const [symbol, value] = [symbolOf(row), row.texts[field] ?? ''];
      const first = bySymbol.get(symbol) ?? value;
      bySymbol.set(symbol, first);
      if (first !== value) {
        const of = symbol === '' ? 'one symbol' : symbol;
        return [
          `rows of ${of} differ in the column "${name}" ("${first}" and "${value}"): are they whole bars of one series?`,
        ];
      }
    }
    return [];
  });
}

/** The interval that a column or the file's name says, such as 5m, ms. */
export function statedInterval(
  file: FileLayout,
  rows: readonly SampleRow[],
  fileName: string,
): { ms: number; by: string } | undefined {
  const field = file.names.findIndex((name) => INTERVALS.has(bareName(name)));
  const text = dataRows(rows, file.headerLines)[0]?.texts[field] ?? '';
  const inColumn = intervalOf(/^(\d*) ?(?:(s|m(?!o)|h|d)[a-z]*)?$/i.exec(text));
  if (inColumn !== undefined) return { ms: inColumn, by: `the column "${file.names[field]}"` };
  const inName = intervalOf(/(?<![a-z\d])(\d+) ?(m|h|d)(?:in|ins|inutes?|our|ours|ay|ays)?(?![a-z\d])/i.exec(fileName));
  return inName === undefined ? undefined : { ms: inName, by: "the file's name" };
}

/** Of a number and a unit; a number alone is in minutes. */
function intervalOf(match: RegExpExecArray | null): number | undefined {
  const [, count = '', unit = ''] = match ?? [];
  if (count === '' && unit === '') return undefined;
  return Number(count || 1) * (UNIT_MS[unit.toLowerCase()] ?? 60_000);
}

/** A warning when a second column has times that are not those of the bars in any zone, as the time of a download has. */
export function otherTimes(file: FileLayout, rows: readonly SampleRow[]): string[] {
  const { layout, names } = file;
  const [texts = []] = dataRows(rows, file.headerLines).map((row) => row.texts);
  const time = instantOf(texts[layout.time]);
  return names.flatMap((name, field) => {
    const isOther = layout.date === undefined && field !== layout.time && NAMES.time.includes(bareName(name));
    const difference = isOther ? Math.abs(instantOf(texts[field]) - time) : 0;
    return difference > OFFSET_MAX_MS || difference % OFFSET_STEP_MS > 0
      ? [
          `column "${names[layout.time]}" was taken for the time, and "${name}" has other times: --columns time=… names the right one`,
        ]
      : [];
  });
}

/** NaN for a text that is no time. */
function instantOf(text = ''): number {
  const time = timeParser('auto', clockOf('UTC'))(Buffer.from(text), 0, Buffer.byteLength(text));
  return typeof time === 'number' ? time : Number.NaN;
}

/** A warning when a file without a header and with further columns has volumes like its prices, as an adjusted close is. */
export function pricesAsVolumes({ layout, names, format }: FileLayout, bars: readonly SampleBar[]): string[] {
  const [field] = layout.values[0]?.volume ?? [];
  if (format !== undefined || field === undefined || names[field] !== String(field + 1) || names.length <= field + 1)
    return [];
  const isPrice = ({ bar }: SampleBar): boolean => bar.volume >= bar.low * 0.8 && bar.volume <= bar.high * 1.25;
  return bars.length > 0 && bars.every(isPrice)
    ? [`column ${field + 1} was taken for the volume and looks like a price: --columns volume=… names the right one`]
    : [];
}

/** A warning when prices are whole numbers that no market has: some vendors multiply prices by a thousand million. */
export function scaledPrices(bars: readonly SampleBar[]): string[] {
  const isScaled = ({ bar }: SampleBar): boolean => Number.isInteger(bar.open) && bar.open >= SCALED_PRICE_MIN;
  return bars.length > 0 && bars.every(isScaled)
    ? [
        `prices such as ${bars[0]!.bar.open} are whole numbers: if they are scaled, import with --price-scale 1000000000`,
      ]
    : [];
}

/** A warning when each volume is a whole number below 1000 or one with a dot before every three digits, and both occur. */
export function groupedVolumes(
  { layout, headerLines }: FileLayout,
  rows: readonly SampleRow[],
  { decimal, thousands }: NumberStyle,
): string[] {
  if (decimal !== '.' || thousands !== undefined) return [];
  const fields = layout.values.flatMap(({ volume }) => volume);
  const data = dataRows(rows, headerLines);
  const texts = data.flatMap((row) => fields.map((field) => row.texts[field] ?? '')).filter((text) => text !== '');
  const grouped = texts.find((text) => GROUPED.test(text));
  const hasWhole = texts.some((text) => BELOW_THOUSAND.test(text) && text !== '0');
  if (grouped === undefined || !hasWhole) return [];
  if (!texts.every((text) => GROUPED.test(text) || BELOW_THOUSAND.test(text))) return [];
  return [
    `volumes such as ${grouped} are read as fractions: if the dot separates thousands, import with --decimal , --thousands .`,
  ];
}
