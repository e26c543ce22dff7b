/**
 * Reads headers of two or three lines as pandas writes them for yfinance: one line names the values, one the symbols, and
 * a row has the bars of all symbols. Pure.
 */
import { PRICE_NAMES, type ValueFields } from '../reading/index.js';
import type { SampleRow } from './sample.js';

interface WideHeader {
  values: (ValueFields & { symbol: string })[];
  time: number;
  fieldsMax: number;
  /** Lines up to this one are the header. */
  lastLine: number;
}

const LABELS = new Set('open,high,low,close,adj close,volume,dividends,stock splits,capital gains'.split(','));

/** Undefined for a file with an ordinary header. */
export function wideHeader(rows: readonly SampleRow[], hasVolume: boolean): WideHeader | undefined {
  const [first, second, third] = rows;
  if (first === undefined || second === undefined || first.texts.length < 6) return undefined;
  const labelRow = [first, second].find(({ texts }) => texts.slice(1).every((text) => LABELS.has(text.toLowerCase())));
  const symbolRow = labelRow === first ? second : first;
  const areSymbols = symbolRow.texts.slice(1).every((text) => text !== '' && !LABELS.has(text.toLowerCase()));
  const isNumeric = symbolRow.texts.slice(1).some((text) => Number.isFinite(Number(text)));
  if (labelRow === undefined || symbolRow.texts.length !== labelRow.texts.length || !areSymbols || isNumeric)
    return undefined;
  const isNamed =
    third !== undefined && /^date/i.test(third.texts[0] ?? '') && third.texts.slice(1).every((text) => text === '');
  const values = valuesOf(symbolRow.texts, labelRow.texts, hasVolume);
  if (values.length === 0) return undefined;
  return { values, time: 0, fieldsMax: first.texts.length, lastLine: (isNamed ? third : second).line };
}

function valuesOf(symbols: readonly string[], labels: readonly string[], hasVolume: boolean): WideHeader['values'] {
  const fields = new Map<string, Map<string, number>>();
  for (const [field, label] of labels.entries()) {
    const symbol = symbols[field] ?? '';
    if (field === 0) continue;
    const known = fields.get(symbol) ?? new Map<string, number>();
    fields.set(symbol, known.set(label.toLowerCase(), field));
  }
  return [...fields].flatMap(([symbol, of]) => {
    const [open, high, low, close] = PRICE_NAMES.map((name) => of.get(name));
    const volume = hasVolume ? of.get('volume') : undefined;
    if (open === undefined || high === undefined || low === undefined || close === undefined) return [];
    return [{ symbol, open, high, low, close, volume: volume === undefined ? [] : [volume] }];
  });
}
