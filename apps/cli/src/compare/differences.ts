/** Finds the first day and the first bar in which two runs differ. Pure. */
import type { BarAnswer, CertifiedConsumer, CertifiedDay } from '@barkeep/client';
import { parseInterval } from '@barkeep/bars';

/** The first date whose days differ. */
export interface DayDifference {
  date: string;
  a: CertifiedDay | undefined;
  b: CertifiedDay | undefined;
}

/** The first bar that differs, ordered by time, interval and symbol. A side without the bar is undefined. */
export interface BarDifference {
  symbol: string;
  interval: string;
  openTime: string;
  a: BarAnswer | undefined;
  b: BarAnswer | undefined;
}

/** Compares the deliveries to one consumer name in both runs. */
export interface DeliveryComparison {
  name: string;
  /** Both got the same bars at the same simulated times, in the same number. */
  equal: boolean;
}

/** Compares the consumers whose names are in both runs. */
export function sameConsumers(a: readonly CertifiedConsumer[], b: readonly CertifiedConsumer[]): DeliveryComparison[] {
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
    const atTime = (bar: BarAnswer | undefined) => (bar?.openTime === openTime ? bar : undefined);
    return { symbol, interval, openTime, a: atTime(a), b: atTime(b) };
  }
  return undefined;
}

/** The earlier difference: by time, then by interval (shorter first), then by symbol. */
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
