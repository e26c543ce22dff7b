/** Finds the first day and the first bar in which two runs differ. Pure. */
import type { BarAnswer, CertifiedConsumer, CertifiedDay } from '@barkeep/client';
import { type BarDifference, parseInterval } from '@barkeep/bars';

/** The first date whose days differ. */
export interface DayDifference {
  date: string;
  a: CertifiedDay | undefined;
  b: CertifiedDay | undefined;
}

/** The first bar that differs, ordered by time, interval and symbol. */
export interface PlacedDifference extends BarDifference<BarAnswer> {
  symbol: string;
  interval: string;
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

/** The earlier difference: by time, then by interval (shorter first), then by symbol. */
export function earlier(
  one: PlacedDifference | undefined,
  other: PlacedDifference | undefined,
): PlacedDifference | undefined {
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
