/**
 * Plans how a Lean file is read. A row of trades is `milliseconds since midnight, open, high, low, close, volume`; a row of
 * quotes has bid and ask prices, whose means are taken, and no volume. Pure.
 */
import { SYMBOL_PATTERN } from '@barkeep/bars';
import type { FilePlan, ReadOptions } from '../detect/index.js';
import { BarReader, type BarReaderOptions, FilePlanError, type RowLayout } from '../reading/index.js';
import { decimalAt, numberReader, RowSplitter } from '../rows/index.js';
import { clockOf, type TimeParser } from '../times/index.js';
import type { LeanFile } from './lean-path.js';

const DAY_MS = 86_400_000;
const TRADE: RowLayout = { time: 0, values: [{ open: 1, high: 2, low: 3, close: 4, volume: [5] }], fieldsMax: 6 };
const QUOTE: RowLayout = {
  time: 0,
  values: [{ open: 1, high: 2, low: 3, close: 4, volume: [], ask: { open: 6, high: 7, low: 8, close: 9 } }],
  fieldsMax: 11,
};

/** @throws FilePlanError for a folder that is no symbol */
export function planLean(file: LeanFile, options: ReadOptions, head: Uint8Array): FilePlan {
  const { symbol, zone, isQuote } = file;
  if (!SYMBOL_PATTERN.test(symbol))
    throw new FilePlanError('unusable-path', `expected a folder named like a symbol, was "${symbol}"`);
  const layout = isQuote ? QUOTE : TRADE;
  const reader: BarReaderOptions = {
    layout,
    time: midnightTime(file),
    zone,
    gridMs: 60_000,
    shiftMs: 0,
    price: numberReader({ decimal: '.' }, file.priceScale),
    volume: decimalAt,
    prices: options.prices,
    names: options.names,
    symbol,
    headerLines: 0,
  };
  const columns = { time: '1', open: '2', high: '3', low: '4', close: '5', ...(!isQuote && { volume: '6' }) };
  const understood: FilePlan['understood'] = {
    format: 'lean',
    columns,
    delimiter: ',',
    zone,
    times: 'open',
    spacing: null,
    symbol,
    first: firstBar(reader, head),
    last: null,
    notes: isQuote ? ['quotes: means of bid and ask, no volume'] : [],
  };
  return {
    delimiter: ',',
    reader,
    understood,
    warnings: [],
    sampleTimes: [],
  };
}

function midnightTime({ midnightMs, zone }: LeanFile): TimeParser {
  const clock = clockOf(zone);
  return (bytes, start, end) => {
    const ms = decimalAt(bytes, start, end);
    return Number.isInteger(ms) && ms >= 0 && ms < DAY_MS ? clock.toUtc(midnightMs + ms) : 'unreadable-time';
  };
}

function firstBar(options: BarReaderOptions, head: Uint8Array): FilePlan['understood']['first'] {
  let first: FilePlan['understood']['first'] = null;
  const sink = { bar: (_: string, bar: NonNullable<typeof first>) => void (first ??= bar), refuse: () => undefined };
  new RowSplitter(',', new BarReader(options, sink)).push(head.subarray(0, 1024));
  return first;
}
