/**
 * Compares two runs: first the days of their certificates, then the bars of the first day that differs. A certificate
 * file has no bars, so a comparison with a file finds the day only.
 */
import {
  ApiProblemError,
  type BarAnswer,
  type Certificate,
  type CertifiedConsumer,
  type CertifiedDay,
  type CoordinatorClient,
  readCertificate,
} from '@barkeep/client';
import { type BarDifference, firstDifference, parseInterval } from '@barkeep/bars';
import { readFile } from 'node:fs/promises';
import { expecting } from '../terminal/index.js';

/** One side of a comparison. */
export interface Run {
  name: string;
  certificate: Certificate;
  /** Undefined for a file. */
  session: { id: string; symbols: readonly string[] } | undefined;
}

/** The first date whose days differ. */
interface DayDifference {
  date: string;
  a: CertifiedDay | undefined;
  b: CertifiedDay | undefined;
}

/** A bar that differs. */
export interface PlacedDifference extends BarDifference<BarAnswer> {
  symbol: string;
  interval: string;
}

/** The result. The two runs are equal when `day` is undefined. */
export interface Comparison {
  /** Number of equal days before the first difference. */
  equalDays: number;
  day?: DayDifference;
  /** The first one. Undefined when only certificates were compared, or when all visible fields of the bars are equal. */
  bar?: PlacedDifference;
}

/** Most symbols and intervals that are compared at the same time. */
const AT_ONCE = 8;

/** Reads the certificate file `name`, or the certificate of the session `name` when no such file exists. @throws CliError */
export async function openRun(name: string, coordinator: () => Promise<CoordinatorClient>): Promise<Run> {
  const file = await readFile(name, 'utf8').catch(() => undefined);
  if (file !== undefined) {
    const json = await expecting(`expected a certificate in ${name}`, () => JSON.parse(file) as unknown);
    return { name, certificate: readCertificate(json), session: undefined };
  }
  const client = await coordinator();
  const certificate = await client.certificate(name);
  const { symbols } = await client.session(name);
  return { name, certificate, session: { id: name, symbols } };
}

export async function compareRuns(
  a: Run,
  b: Run,
  coordinator: () => Promise<CoordinatorClient>,
  onProgress: (done: number, text: string) => void,
): Promise<Comparison> {
  const day = firstDayThatDiffers(a.certificate.days, b.certificate.days);
  if (!day) return { equalDays: a.certificate.days.length };
  const equalDays = a.certificate.days.filter(({ date }) => date < day.date).length;
  if (!a.session || !b.session || !day.a || !day.b) return { equalDays, day };
  const client = await coordinator();
  const symbols = [...new Set([...a.session.symbols, ...b.session.symbols])].sort();
  const intervals = [...new Set([...a.certificate.intervals, ...b.certificate.intervals])];
  const { open: from, close: to } = day.a;
  const differences: PlacedDifference[] = [];
  const left = intervals.flatMap((interval) => symbols.map((symbol) => ({ interval, symbol }))).entries();
  const total = intervals.length * symbols.length;
  let done = 0;
  const compareSome = async (): Promise<void> => {
    for (const [, { interval, symbol }] of left) {
      const read = (run: Run): Promise<BarAnswer[]> => barsOf(client, run, symbol, { interval, from, to });
      const [barsOfA, barsOfB] = await Promise.all([read(a), read(b)]);
      const isSame = (one: BarAnswer, other: BarAnswer) => JSON.stringify(one.raw) === JSON.stringify(other.raw);
      const found = firstDifference(barsOfA, barsOfB, isSame);
      if (found) differences.push({ symbol, interval, ...found });
      onProgress(++done / total, `${day.date} ${symbol} ${interval}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, compareSome));
  return { equalDays, day, bar: differences.sort(byPlace)[0] };
}

/** Empty for a symbol or an interval that the session does not have. */
async function barsOf(
  client: CoordinatorClient,
  { certificate, session }: Run,
  symbol: string,
  query: { interval: string; from: string; to: string },
): Promise<BarAnswer[]> {
  if (!session?.symbols.includes(symbol) || !certificate.intervals.includes(query.interval)) return [];
  try {
    return await client.bars(session.id, symbol, query);
  } catch (error) {
    if (error instanceof ApiProblemError && error.status === 404) return [];
    throw error;
  }
}

export function firstDayThatDiffers(a: readonly CertifiedDay[], b: readonly CertifiedDay[]): DayDifference | undefined {
  const byDate = (days: readonly CertifiedDay[]) => new Map(days.map((day) => [day.date, day]));
  const [daysOfA, daysOfB] = [byDate(a), byDate(b)];
  const dates = [...new Set([...daysOfA.keys(), ...daysOfB.keys()])].sort();
  const date = dates.find((name) => daysOfA.get(name)?.digest !== daysOfB.get(name)?.digest);
  return date === undefined ? undefined : { date, a: daysOfA.get(date), b: daysOfB.get(date) };
}

/** Orders differences by time, then by interval (shorter first), then by symbol. */
export function byPlace(one: PlacedDifference, other: PlacedDifference): number {
  const order = (a: string, b: string): number => Number(a > b) - Number(a < b);
  const intervals = parseInterval(one.interval).ms - parseInterval(other.interval).ms;
  return order(one.openTime, other.openTime) || intervals || order(one.symbol, other.symbol);
}

/** The consumers whose names are in both runs, and whether both got the same bars at the same simulated times, in the same number. */
export function sameConsumers(
  a: readonly CertifiedConsumer[],
  b: readonly CertifiedConsumer[],
): { name: string; equal: boolean }[] {
  const hashes = new Map(b.map(({ name, deliveredHash }) => [name, deliveredHash]));
  const both = a.filter(({ name }) => hashes.has(name));
  return both.map(({ name, deliveredHash }) => ({ name, equal: hashes.get(name) === deliveredHash }));
}
