/** Where two runs differ: the first day, and within it the first bar. Pure. */
import type { BarAnswer, CertifiedConsumer, CertifiedDay } from '@barkeep/client';
import { parseInterval } from '@barkeep/bars';

/** The first date, in time, of which the two do not have the same day. */
export interface DayDifference {
  date: string;
  a: CertifiedDay | undefined;
  b: CertifiedDay | undefined;
}

/** The first bar, in time, then by interval and symbol, that the two do not have alike; undefined: it is not there. */
export interface BarDifference {
  symbol: string;
  interval: string;
  openTime: string;
  a: BarAnswer | undefined;
  b: BarAnswer | undefined;
}

/** What was delivered to the consumers of one name in both. */
export interface DeliveredAlike {
  name: string;
  /** The same bars at the same simulated times, and as many of them. */
  equal: boolean;
}

/** Consumers whose name is in both, by name. */
export function sameConsumers(a: readonly CertifiedConsumer[], b: readonly CertifiedConsumer[]): DeliveredAlike[] {
  const hashes = new Map(b.map(({ name, deliveredHash }) => [name, deliveredHash]));
  const both = a.filter(({ name }) => hashes.has(name));
  return both.map(({ name, deliveredHash }) => ({ name, equal: hashes.get(name) === deliveredHash }));
}

export function firstDayThatDiffers(a: readonly CertifiedDay[], b: readonly CertifiedDay[]): DayDifference | undefined {
  const [daysOfA, daysOfB] = [byDate(a), byDate(b)];
  const dates = [...new Set([...daysOfA.keys(), ...daysOfB.keys()])].sort();
  const date = dates.find((name) => daysOfA.get(name)?.digest !== daysOfB.get(name)?.digest);
  return date === undefined ? undefined : { date, a: daysOfA.get(date), b: daysOfB.get(date) };
}

/** The first difference between the bars of one symbol and interval, both oldest first. */
export function firstBarThatDiffers(
  symbol: string,
  interval: string,
  barsOfA: readonly BarAnswer[],
  barsOfB: readonly BarAnswer[],
): BarDifference | undefined {
  for (let i = 0; i < Math.max(barsOfA.length, barsOfB.length); i++) {
    const [a, b] = [barsOfA[i], barsOfB[i]];
    if (a && b && JSON.stringify(a.raw) === JSON.stringify(b.raw)) continue;
    const openTime = [a?.openTime, b?.openTime].filter((time) => time !== undefined).sort()[0]!;
    const there = (bar: BarAnswer | undefined) => (bar?.openTime === openTime ? bar : undefined);
    return { symbol, interval, openTime, a: there(a), b: there(b) };
  }
  return undefined;
}

/** The one that comes first: in time, then the shorter interval, then by symbol. */
export function earlier(one: BarDifference | undefined, other: BarDifference | undefined): BarDifference | undefined {
  if (!one || !other) return one ?? other;
  const intervals = parseInterval(one.interval).ms - parseInterval(other.interval).ms;
  const order = compare(one.openTime, other.openTime) || intervals || compare(one.symbol, other.symbol);
  return order <= 0 ? one : other;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byDate(days: readonly CertifiedDay[]): Map<string, CertifiedDay> {
  return new Map(days.map((day) => [day.date, day]));
}
