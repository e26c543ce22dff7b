/**
 * Feeds a whole run: bars of many symbols, however they are given, about in the order of time, so that no symbol is far
 * ahead of the others. At the end every stream of the session is ended.
 */
import type { ClientSession } from '../client-session.js';
import { batchesOf, type FeedBar, type FeedResult, type SymbolStream } from '../feed/index.js';

/** A bar with its symbol. */
export interface SymbolBar extends FeedBar {
  /** Of what it is a bar. */
  symbol: string;
}

/** Bars of a run: by symbol, or one after another in about the order of time. */
export type RunBars = Readonly<Record<string, readonly FeedBar[]>> | Iterable<SymbolBar> | AsyncIterable<SymbolBar>;

/** Bars of all symbols that are sent together. */
const ROUND_BARS = 20_000;
const AT_ONCE = 8;

/**
 * Feeds everything and ends the streams. @returns what became of the bars, by symbol
 * @throws what `feed` of a stream throws, and what the bars throw when they are gone through
 */
export async function feedSession(
  session: ClientSession,
  symbols: readonly string[],
  bars: RunBars,
  signal: AbortSignal,
): Promise<Map<string, FeedResult>> {
  const streams = new Map<string, SymbolStream>();
  const stream = (symbol: string): SymbolStream => {
    let found = streams.get(symbol);
    if (!found) streams.set(symbol, (found = session.registerStream(symbol)));
    return found;
  };
  for await (const { items } of batchesOf(inOrder(bars), ROUND_BARS, signal)) {
    await eachOf([...bySymbol(items)], ([symbol, some]) => stream(symbol).feed(some));
  }
  signal.throwIfAborted();
  await eachOf(symbols, (symbol) => stream(symbol).end());
  return new Map([...streams].map(([symbol, { total }]) => [symbol, total]));
}

/** Bars one after another; those that are given by symbol are put in the order of time. */
function inOrder(bars: RunBars): Iterable<SymbolBar> | AsyncIterable<SymbolBar> {
  if (isIterable(bars)) return bars;
  const all = Object.entries(bars).flatMap(([symbol, some]) => some.map((bar) => ({ ...bar, symbol })));
  const times = new Map(all.map((bar) => [bar, timeOf(bar)]));
  return all.sort((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0));
}

function isIterable(bars: RunBars): bars is Iterable<SymbolBar> | AsyncIterable<SymbolBar> {
  return Symbol.iterator in bars || Symbol.asyncIterator in bars;
}

/** Epoch ms; what is no time goes first, and is refused by name when it is fed. */
function timeOf({ openTime, time }: FeedBar): number {
  const given = openTime ?? time;
  const ms = given instanceof Date ? given.getTime() : typeof given === 'string' ? Date.parse(given) : given;
  return ms === undefined || Number.isNaN(ms) ? 0 : ms;
}

function bySymbol(bars: readonly SymbolBar[]): ReadonlyMap<string, FeedBar[]> {
  const found = new Map<string, FeedBar[]>();
  for (const { symbol, ...bar } of bars) {
    const some = found.get(symbol);
    if (some) some.push(bar);
    else found.set(symbol, [bar]);
  }
  return found;
}

/** Does something with each item, a few at a time; all that were begun have ended when it throws. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
