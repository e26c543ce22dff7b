/** Reads the headers of wide files, which have the bars of several symbols in a row: pandas writes them for yfinance. Pure. */
import { PRICE_NAMES, type ValueFields } from '../reading/index.js';
import { priceFields } from './header-columns.js';
import { NO_VOLUME_HINT, quoted, unusableHeader } from './header-errors.js';
import type { FileLayout } from './layout.js';
import type { SampleRow } from './sample.js';

/** The names of yfinance's columns, in lower case. */
const LABELS = new Set('open,high,low,close,adj close,volume,dividends,stock splits,capital gains'.split(','));

/**
 * The layout of a wide file. In its header one line has the labels of the values and one the symbols, in any order:
 *
 *     Price,Close,Close,High,High
 *     Ticker,AAPL,MSFT,AAPL,MSFT
 *     Datetime,,,,
 *
 * The third line may be missing. @returns undefined for another header @throws FilePlanError when a symbol lacks a column or has it twice
 */
export function wideLayout(rows: readonly SampleRow[], hasVolume: boolean): FileLayout | undefined {
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
  const values = valuesOf(symbols, labelRow.texts.slice(1), hasVolume);
  if (values === undefined) return undefined;
  const [name = '', ...others] = third?.texts ?? [];
  const hasDateLine = third !== undefined && /^date/i.test(name) && others.every((text) => text === '');
  const headerLines = (hasDateLine ? third : second).line;
  return {
    layout: { time: 0, values, fieldsMax: first.texts.length },
    format: undefined,
    names: [], // `layout.values` names the symbols
    headerLines,
    data: rows.filter(({ line }) => line > headerLines),
  };
}

/**
 * The fields of each symbol. Undefined when no symbol has all prices, or when one has no price at all: then the line names units,
 * such as USD and shares, and not symbols.
 * @throws FilePlanError when a symbol lacks a column or has it twice
 */
function valuesOf(
  symbols: readonly string[],
  labels: readonly string[],
  hasVolume: boolean,
): ValueFields[] | undefined {
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
    return { symbol, ...priceFields(fieldOf), volume: hasVolume ? [fieldOf('volume')] : [] };
  });
}

/** For each symbol, the field of each label in lower case. @throws FilePlanError when a symbol has a label twice */
function fieldsBySymbol(symbols: readonly string[], labels: readonly string[]): Map<string, Map<string, number>> {
  const bySymbol = new Map<string, Map<string, number>>();
  for (const [index, label] of labels.entries()) {
    const symbol = symbols[index]!;
    const name = label.toLowerCase();
    const fields = bySymbol.get(symbol) ?? new Map<string, number>();
    if (fields.has(name)) throw unusableHeader(`expected one column "${label}" of ${symbol}, was several`);
    fields.set(name, index + 1); // field 0 has the times
    bySymbol.set(symbol, fields);
  }
  return bySymbol;
}
