/** Compares two runs: the days of their certificates, then the bars of the first day that differs. */
import { type BarDifference, firstDifference, parseInterval } from '@barkeep/bars';
import type { BarAnswer, Certificate, CertifiedConsumer, CertifiedDay } from '@barkeep/client';
import type { Progress } from './terminal/index.js';

/** One side of a comparison. */
export interface Run {
  name: string;
  certificate: Certificate;
  /** The session with the bars; undefined for a certificate file, which has none. */
  session?: RunSession;
}

export interface RunSession {
  symbols: readonly string[];
  /** The bars of one symbol in a range; empty for a symbol or an interval that the session does not have. */
  bars: (symbol: string, query: { interval: string; from: string; to: string }) => Promise<BarAnswer[]>;
}

export type PlacedDifference = BarDifference<BarAnswer> & { symbol: string; interval: string };

/** The result. The two runs are equal when `day` is undefined. */
export interface Comparison {
  /** Number of days before the first difference; all days when the runs are equal. */
  equalDays: number;
  /** The first date whose days differ, and that day of each run that has it. */
  day?: { date: string; a?: CertifiedDay; b?: CertifiedDay };
  /** The first bar that differs. Undefined when a run has no bars to read, or when the difference is in no field that the API shows. */
  bar?: PlacedDifference;
}

/** At most this many pairs of a symbol and an interval are compared at the same time. */
const PAIRS_AT_ONCE = 8;

/** Compares the days of two runs, then the bars of the first day that differs, when both runs are sessions with that day. */
export async function compareRuns(a: Run, b: Run, onProgress: Progress['update']): Promise<Comparison> {
  const compared = compareDays(a.certificate.days, b.certificate.days);
  const { day } = compared;
  if (!day?.a || !day.b || !a.session || !b.session) return compared;
  // The hours of the two days may differ: read the bars that either day can have.
  const from = day.a.open < day.b.open ? day.a.open : day.b.open;
  const to = day.a.close > day.b.close ? day.a.close : day.b.close;
  const intervals = [...new Set([...a.certificate.intervals, ...b.certificate.intervals])];
  const onPair = (doneShare: number, pair: string): void => onProgress(doneShare, `${day.date} ${pair}`);
  return { ...compared, bar: await firstBarThatDiffers(a.session, b.session, intervals, { from, to }, onPair) };
}

/** Finds the first date on which the digests differ or only one run has a day. */
export function compareDays(a: readonly CertifiedDay[], b: readonly CertifiedDay[]): Comparison {
  const byDate = (days: readonly CertifiedDay[]) => new Map(days.map((day) => [day.date, day]));
  const [daysOfA, daysOfB] = [byDate(a), byDate(b)];
  const dates = [...new Set([...daysOfA.keys(), ...daysOfB.keys()])].sort();
  const firstIndex = dates.findIndex((date) => daysOfA.get(date)?.digest !== daysOfB.get(date)?.digest);
  if (firstIndex === -1) return { equalDays: dates.length };
  const date = dates[firstIndex]!;
  return { equalDays: firstIndex, day: { date, a: daysOfA.get(date), b: daysOfB.get(date) } };
}

/** Compares the bars in a range, of every symbol of either session in every interval. @param onPair gets the share of done pairs */
async function firstBarThatDiffers(
  a: RunSession,
  b: RunSession,
  intervals: readonly string[],
  range: { from: string; to: string },
  onPair: (doneShare: number, pair: string) => void,
): Promise<PlacedDifference | undefined> {
  const symbols = [...new Set([...a.symbols, ...b.symbols])].sort();
  const pairs = intervals.flatMap((interval) => symbols.map((symbol) => ({ interval, symbol })));
  const differences: PlacedDifference[] = [];
  let comparedPairs = 0;
  // All calls of comparePairs run at once and take their pairs from this iterator.
  const nextPairs = pairs.values();
  const comparePairs = async (): Promise<void> => {
    for (const { interval, symbol } of nextPairs) {
      const query = { interval, ...range };
      const [barsOfA, barsOfB] = await Promise.all([a.bars(symbol, query), b.bars(symbol, query)]);
      const found = firstDifference(barsOfA, barsOfB, isSameBar);
      if (found) differences.push({ symbol, interval, ...found });
      onPair(++comparedPairs / pairs.length, `${symbol} ${interval}`);
    }
  };
  await Promise.all(Array.from({ length: PAIRS_AT_ONCE }, comparePairs));
  return differences.sort(byPlace)[0];
}

/** Compares `raw`, a bar as the coordinator answered it, so that no field is left out. */
function isSameBar(a: BarAnswer, b: BarAnswer): boolean {
  return JSON.stringify(a.raw) === JSON.stringify(b.raw);
}

/** Orders differences by time, then by interval (shorter first), then by symbol. */
export function byPlace(one: PlacedDifference, other: PlacedDifference): number {
  const order = (a: string, b: string): number => Number(a > b) - Number(a < b);
  const lengthDifference = parseInterval(one.interval).ms - parseInterval(other.interval).ms;
  return order(one.openTime, other.openTime) || lengthDifference || order(one.symbol, other.symbol);
}

/** The consumers whose names are in both runs; `equal` means that both got the same bars at the same simulated times. */
export function sameConsumers(a: readonly CertifiedConsumer[], b: readonly CertifiedConsumer[]) {
  const hashes = new Map(b.map(({ name, deliveredHash }) => [name, deliveredHash]));
  const both = a.filter(({ name }) => hashes.has(name));
  return both.map(({ name, deliveredHash }) => ({ name, equal: hashes.get(name) === deliveredHash }));
}
