/** Finds the known format that a file fits, and recognises the wide headers that pandas writes for yfinance. Pure. */
import { type BarFormat, type ColumnRef, FORMATS } from '../formats/index.js';
import { FilePlanError, PRICE_NAMES, type ValueFields } from '../reading/index.js';
import { lastKey } from '../rows/index.js';
import { NO_VOLUME_HINT, quoted, refIndex, unusableHeader } from './columns.js';
import type { FileSample, SampleRow } from './sample.js';

/** A header is looked for in this many rows: titles, addresses and comments may come before it. */
export const HEADER_ROWS_MAX = 60;
/** The share of the sampled rows that must fit a format without a header. */
const ROWS_FITTING_MIN = 0.8;
/** Number of characters of a row that a message shows. */
const SHOWN_LENGTH = 120;

export interface Recognised {
  format: BarFormat;
  /** Index of the header in the sample; undefined for a file without one. */
  header: number | undefined;
}

/** The formats that a name means: `databento` includes `databento-pretty`, `metatrader` its versions 4 and 5. Empty for an unknown name. */
export function formatsNamed(name: string): readonly BarFormat[] {
  return FORMATS.filter((format) => {
    if (!format.name.startsWith(name)) return false;
    const rest = format.name.slice(name.length);
    return rest === '' || rest.startsWith('-') || /^\d+$/.test(rest);
  });
}

/** The format that the user named. @throws FilePlanError when the file does not fit it */
export function namedFormat(name: string, sample: FileSample): Recognised {
  const formats = formatsNamed(name);
  for (const format of formats) {
    const recognised = fit(format, sample, { checksName: false });
    if (recognised !== undefined) return recognised;
  }
  const [first] = formats;
  if (first === undefined) throw unusableHeader(`expected a format of --list-formats, was "${name}"`);
  const row = sample.rows[0]?.texts.join(sample.delimiter ?? ', ').slice(0, SHOWN_LENGTH) ?? 'an empty file';
  throw unusableHeader(`expected rows of ${name} such as ${first.example.join(' / ')}, was ${row}`);
}

/** The one format that the rows fit, if any; the file's name decides between several. @throws FilePlanError when it does not */
export function recognise(sample: FileSample): Recognised | undefined {
  const fitting = FORMATS.flatMap((format) => fit(format, sample, { checksName: true }) ?? []);
  const named = fitting.filter(({ format }) => format.file?.test(sample.fileName));
  const chosen = named.length > 0 ? named : fitting;
  if (chosen.length > 1) {
    const names = chosen.map(({ format }) => format.name).join(' or ');
    throw new FilePlanError('ambiguous-format', `the rows fit ${names}: name one with --format`);
  }
  return chosen[0];
}

/** Names of the formats that only a file name can tell apart, and that the rows of a file without a header fit. */
export function lookalikes(sample: FileSample): string[] {
  // Without its headers, a format is compared by its pattern of a row.
  return FORMATS.filter(({ needsFile }) => needsFile === true)
    .filter((format) => fit({ ...format, headers: undefined }, sample, { checksName: false }) !== undefined)
    .map(({ name }) => name);
}

/** The format when the sample fits it, or undefined. @param checksName whether the file's name must fit, too, if the format needs it */
function fit(
  format: BarFormat,
  { rows, delimiter, fileName }: FileSample,
  { checksName }: { checksName: boolean },
): Recognised | undefined {
  const isJson = format.arrays !== undefined || format.keys !== undefined;
  const formatDelimiter = isJson ? undefined : (format.delimiter ?? ',');
  if (delimiter !== formatDelimiter) return undefined;
  if (checksName && format.needsFile === true && format.file?.test(fileName) !== true) return undefined;
  const header = headerIndex(format, rows);
  if (header !== undefined) return fitsValues(format, rows, header) ? { format, header } : undefined;
  return fitsRows(format, rows) || fitsJson(format, rows) ? { format, header } : undefined;
}

/** Index of the first row that has all names of one of the format's headers; undefined when none has. */
function headerIndex({ headers = [], columns }: BarFormat, rows: readonly SampleRow[]): number | undefined {
  // Some formats find columns by their places, which count from 1. Then all names up to the last such place must be in their places.
  const lastPlace = Math.max(0, ...Object.values(columns).filter((ref) => typeof ref === 'number'));
  const fits = (texts: readonly string[], refs: readonly ColumnRef[]): boolean =>
    refs.every((ref, index) => (index < lastPlace ? refIndex(texts, ref) === index : refIndex(texts, ref) >= 0));
  const index = rows.slice(0, HEADER_ROWS_MAX).findIndex(({ texts }) => headers.some((refs) => fits(texts, refs)));
  return index < 0 ? undefined : index;
}

/** True when the first row below the header fits the format's patterns. Formats with the same header differ in them. */
function fitsValues({ price, stamp, columns }: BarFormat, rows: readonly SampleRow[], header: number): boolean {
  const names = rows[header]?.texts ?? [];
  const first = rows[header + 1]?.texts;
  if (first === undefined) return true;
  const fits = (pattern: RegExp | undefined, ref: ColumnRef): boolean =>
    pattern?.test(first[refIndex(names, ref)] ?? '') ?? true;
  return fits(price, columns.open) && fits(stamp, columns.time);
}

/** True when the first row and nearly all rows match the format's pattern of a row. */
function fitsRows({ row, delimiter = ',' }: BarFormat, rows: readonly SampleRow[]): boolean {
  if (row === undefined) return false;
  const fitting = rows.map(({ texts }) => row.test(texts.join(delimiter)));
  return fitting[0] === true && fitting.filter(Boolean).length >= ROWS_FITTING_MIN * rows.length;
}

/** True when JSON objects have the format's keys, or arrays have its length, digits of the time and order of prices. */
function fitsJson({ arrays, keys, under, columns }: BarFormat, rows: readonly SampleRow[]): boolean {
  const [first, second] = rows;
  if (first === undefined) return false;
  if (keys !== undefined) {
    const isUnder = under?.test(lastKey(second?.group ?? '')) ?? true; // the first row has the keys themselves
    return isUnder && first.isHeader && keys.every((key) => first.texts.includes(key));
  }
  if (arrays === undefined || first.isHeader) return false;
  if (first.texts.length !== arrays.length || first.texts[0]?.length !== arrays.timeDigits) return false;
  // Formats differ in the order of the prices: in the right one, high and low are the extremes. A column is a place, from 1.
  return rows.every(({ texts }) => {
    const [open, high, low, close] = PRICE_NAMES.map((name) => Number(texts[Number(columns[name]) - 1]));
    return high! >= open! && high! >= close! && low! <= open! && low! <= close!;
  });
}

interface WideHeader {
  /** One element for each symbol. */
  values: (ValueFields & { symbol: string })[];
  /** The field of the time: always 0. */
  time: number;
  fieldsMax: number;
  /** Lines up to this one are the header. */
  lastLine: number;
}

/** The names of yfinance's columns, in lower case. */
const LABELS = new Set('open,high,low,close,adj close,volume,dividends,stock splits,capital gains'.split(','));

/**
 * The header of a wide file: one line names the values, one the symbols. Undefined for another header.
 * @throws FilePlanError when a symbol lacks a column or has it twice
 */
export function wideHeader(rows: readonly SampleRow[], hasVolume: boolean): WideHeader | undefined {
  const [first, second, third] = rows;
  if (first === undefined || second === undefined) return undefined;
  const isLabel = (text: string): boolean => LABELS.has(text.toLowerCase());
  const labelRow = [first, second].find(({ texts }) => texts.slice(1).every(isLabel));
  if (labelRow === undefined) return undefined;
  const symbolRow = labelRow === first ? second : first;
  if (symbolRow.texts.length !== labelRow.texts.length) return undefined;
  const [corner = '', ...symbols] = symbolRow.texts;
  const areSymbols = symbols.every((text) => text !== '' && !isLabel(text));
  const isRowOfBars = /\d/.test(corner); // it begins with a time
  if (!areSymbols || isRowOfBars) return undefined;
  const values = valuesOf(symbolRow.texts, labelRow.texts, hasVolume);
  if (values === undefined) return undefined;
  const [name = '', ...others] = third?.texts ?? [];
  // A third line such as "Datetime,,,".
  const hasDateLine = third !== undefined && /^date/i.test(name) && others.every((text) => text === '');
  const lastLine = (hasDateLine ? third : second).line;
  return { values, time: 0, fieldsMax: first.texts.length, lastLine };
}

/**
 * The fields of each symbol. Undefined when no symbol has all prices, or when one has no price at all: then the line names units,
 * such as USD and shares, and not symbols.
 * @throws FilePlanError when a symbol lacks a column or has it twice
 */
function valuesOf(symbols: readonly string[], labels: readonly string[], hasVolume: boolean) {
  const bySymbol = fieldsBySymbol(symbols, labels);
  const pricesIn = (fields: Map<string, number>): number => PRICE_NAMES.filter((name) => fields.has(name)).length;
  const priceCounts = new Set([...bySymbol.values()].map(pricesIn));
  if (!priceCounts.has(PRICE_NAMES.length) || priceCounts.has(0)) return undefined;
  return [...bySymbol].map(([symbol, fields]) => {
    const fieldOf = (name: string): number => {
      const field = fields.get(name);
      if (field !== undefined) return field;
      const hint = name === 'volume' ? NO_VOLUME_HINT : '';
      throw unusableHeader(`expected a column for ${name} of ${symbol}, was ${quoted([...fields.keys()])}${hint}`);
    };
    const [open, high, low, close] = [fieldOf('open'), fieldOf('high'), fieldOf('low'), fieldOf('close')];
    return { symbol, open, high, low, close, volume: hasVolume ? [fieldOf('volume')] : [] };
  });
}

/** For each symbol, the field of each label in lower case. @throws FilePlanError when a symbol has a label twice */
function fieldsBySymbol(symbols: readonly string[], labels: readonly string[]): Map<string, Map<string, number>> {
  const bySymbol = new Map<string, Map<string, number>>();
  for (const [field, label] of labels.entries()) {
    if (field === 0) continue; // the times
    const symbol = symbols[field] ?? '';
    const name = label.toLowerCase();
    const fields = bySymbol.get(symbol) ?? new Map<string, number>();
    if (fields.has(name)) throw unusableHeader(`expected one column "${label}" of ${symbol}, was several`);
    fields.set(name, field);
    bySymbol.set(symbol, fields);
  }
  return bySymbol;
}
