/** Feeds all symbols of a run, roughly in time order, so that no symbol is far ahead of the others. */
import type { ClientSession } from '../client-session.js';
import { ArgumentError } from '../errors.js';
import { batchesOf, type FeedBar, type FeedResult, type SymbolStream } from '../feed/index.js';
import { mapLimited } from '../map-limited.js';

/** A bar with its symbol. */
export interface SymbolBar extends FeedBar {
  /** Its symbol. */
  symbol: string;
}

/** Bars of a run: by symbol, or in one sequence that is roughly in time order. */
export type RunBars = Readonly<Record<string, readonly FeedBar[]>> | Iterable<SymbolBar> | AsyncIterable<SymbolBar>;

/** Bars per round, all symbols together. A round begins when the round before is stored. */
const ROUND_BARS = 20_000;
/** Number of symbols whose bars are sent at the same time. */
const SYMBOLS_AT_ONCE = 8;

/** @throws ArgumentError when the bars have neither form of {@link RunBars} */
export function checkBars(bars: RunBars): void {
  if (typeof bars !== 'object' || bars === null)
    throw new ArgumentError('bars', 'lists of bars by symbol, or an iterable of bars', bars);
  if (isIterable(bars)) return;
  for (const [symbol, group] of Object.entries(bars))
    if (!Array.isArray(group)) throw new ArgumentError(`bars.${symbol}`, 'a list of bars', group);
}

/** Feeds all bars and ends the streams. @returns the results by symbol @throws what `feed` and iterating over the bars throw */
export async function feedSession(
  session: ClientSession,
  symbols: readonly string[],
  bars: RunBars,
  signal: AbortSignal,
): Promise<Map<string, FeedResult>> {
  const streams = new Map<string, SymbolStream>();
  const streamOf = (symbol: string): SymbolStream => {
    let stream = streams.get(symbol);
    if (!stream) streams.set(symbol, (stream = session.registerStream(symbol)));
    return stream;
  };
  for await (const { items } of batchesOf(inOrder(bars), ROUND_BARS, signal)) {
    await mapLimited([...groupBySymbol(items)], SYMBOLS_AT_ONCE, ([symbol, group]) => streamOf(symbol).feed(group));
  }
  signal.throwIfAborted();
  await mapLimited(symbols, SYMBOLS_AT_ONCE, (symbol) => streamOf(symbol).end());
  return new Map([...streams].map(([symbol, { total }]) => [symbol, total]));
}

/** The bars in one sequence; bars that are given by symbol are sorted by time. */
function inOrder(bars: RunBars): Iterable<SymbolBar> | AsyncIterable<SymbolBar> {
  if (isIterable(bars)) return bars;
  const symbolBars = Object.entries(bars).flatMap(([symbol, group]) => group.map((bar) => ({ ...bar, symbol })));
  // Each time is parsed once, not in each comparison.
  const times = new Map(symbolBars.map((bar) => [bar, timeOf(bar)]));
  return symbolBars.sort((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0));
}

function isIterable(bars: RunBars): bars is Iterable<SymbolBar> | AsyncIterable<SymbolBar> {
  return Symbol.iterator in bars || Symbol.asyncIterator in bars;
}

/** Open time, epoch ms; 0 for an invalid time, which the coordinator refuses with its reason. */
function timeOf({ openTime, time }: FeedBar): number {
  const value = openTime ?? time;
  const ms = typeof value === 'string' ? Date.parse(value) : Number(value); // Number(undefined) is NaN
  return Number.isNaN(ms) ? 0 : ms;
}

function groupBySymbol(bars: readonly SymbolBar[]): ReadonlyMap<string, FeedBar[]> {
  const groups = new Map<string, FeedBar[]>();
  for (const { symbol, ...bar } of bars) {
    const group = groups.get(symbol);
    if (group) group.push(bar);
    else groups.set(symbol, [bar]);
  }
  return groups;
}
