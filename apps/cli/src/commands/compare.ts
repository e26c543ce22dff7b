/**
 * `barkeep compare`: says whether two runs have the same data, or where they first differ. It compares the days of their
 * certificates, then the bars of the first day that differs. A certificate file has no bars: if either side is a file, the
 * result names only the day.
 */
import { readFile } from 'node:fs/promises';
import { type BarDifference, firstDifference, parseInterval } from '@barkeep/bars';
import {
  ApiProblemError,
  type BarAnswer,
  type Certificate,
  type CertifiedConsumer,
  type CertifiedDay,
  type CoordinatorClient,
  readCertificate,
} from '@barkeep/client';
import { BAR_HEAD, barCells, shortTime } from '../report/index.js';
import type { Context } from '../services/index.js';
import {
  CliError,
  errorText,
  EXIT,
  expecting,
  formatCount,
  printResult,
  table,
  withProgress,
} from '../terminal/index.js';
import { sessionCommand, type SessionOptions } from './command.js';

const EXAMPLES = `
Examples:
  barkeep compare monday tuesday
  barkeep compare monday monday.certificate.json

Each argument is a session or a file that "barkeep certify" saved. A file has no bars: if either argument is a file,
the result names only the day.
For consumers whose names are in both runs the command also says whether they got the same bars. This depends on how
far each consumer came and in which steps, so it does not count as a difference between the runs.

Exit code: 0 when the two are equal, 1 when they differ, 2 when they could not be compared.`;

export const compareCommand = () =>
  sessionCommand('compare', 'say whether two runs have the same bars, or show the first bar that differs', EXAMPLES)
    .argument('<a>', 'a session, or a saved certificate')
    .argument('<b>', 'another session, or a saved certificate')
    .work((context, a: string, b: string, options: SessionOptions) =>
      compare(context, a, b, options).catch((error: unknown) => {
        throw new CliError(errorText(error), EXIT.notCompared, { cause: error });
      }),
    );

async function compare(context: Context, nameOfA: string, nameOfB: string, options: SessionOptions): Promise<number> {
  // A function: two certificate files are compared without a coordinator.
  const coordinator = () => context.existingCoordinator(options);
  const compared = await withProgress('compare', options.json, async (progress) => {
    progress.update(0, `certificate of ${nameOfA}`);
    const a = await openRun(nameOfA, coordinator);
    progress.update(0, `certificate of ${nameOfB}`);
    const b = await openRun(nameOfB, coordinator);
    return { a, b, diff: await compareRuns(a, b, coordinator, (done, text) => progress.update(done, text)) };
  });
  const { a, b, diff } = compared;
  const consumers = sameConsumers(a.certificate.consumers, b.certificate.consumers);
  const deliveries = consumers.map(
    ({ name, equal }) => `consumer ${name}: ${equal ? 'equal' : 'different'} deliveries`,
  );
  printResult(options, { ...resultOf(a, b, diff), consumers }, () => [textOf(a, b, diff), ...deliveries].join('\n'));
  return diff.day ? EXIT.failed : EXIT.ok;
}

function resultOf(a: Run, b: Run, { equalDays, day, bar }: Comparison): object {
  const side = ({ name, certificate: { digest, days } }: Run) => ({ name, digest, days: days.length });
  const firstBar = bar && { ...bar, a: bar.a?.raw ?? null, b: bar.b?.raw ?? null };
  return { equal: !day, equalDays, a: side(a), b: side(b), date: day?.date ?? null, bar: firstBar ?? null };
}

function textOf(a: Run, b: Run, { equalDays, day, bar }: Comparison): string {
  if (!day) return `equal: ${dayCount(equalDays)}, ${a.certificate.digest}`;
  const before = equalDays > 0 ? `, after ${dayCount(equalDays)} without a difference` : '';
  if (!day.a || !day.b) return `different: ${day.date} is in ${(day.a ? a : b).name} only${before}`;
  if (!a.session || !b.session) return `different: ${day.date}${before}; bars are compared between two sessions`;
  if (!bar)
    return `different: ${day.date}${before}, in the dataset that bars come from; all prices and volumes are equal`;
  const where = `${bar.symbol} ${bar.interval} ${shortTime(bar.openTime)}`;
  const onlyIn = bar.a && bar.b ? '' : `, in ${(bar.a ? a : b).name} only`;
  const rows = [row(a.name, bar.a), row(b.name, bar.b)];
  return `different: ${where}${onlyIn}${before}\n${table(['', ...BAR_HEAD], rows)}`;
}

function row(name: string, bar: BarAnswer | null): string[] {
  return [name, ...(bar ? barCells(bar) : ['no bar'])];
}

function dayCount(number: number): string {
  return number === 1 ? '1 day' : `${formatCount(number)} days`;
}

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
interface Comparison {
  /** Number of equal days before the first difference. */
  equalDays: number;
  day?: DayDifference;
  /** The first bar that differs; undefined when only certificates were compared or all visible fields are equal. */
  bar?: PlacedDifference;
}

/** At most this many pairs of a symbol and an interval are compared at the same time. */
const AT_ONCE = 8;

/** Reads the certificate file `name`, or the certificate of the session `name` when no such file exists. @throws CliError */
async function openRun(name: string, coordinator: () => Promise<CoordinatorClient>): Promise<Run> {
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

/**
 * Compares the days of two runs, then the bars of the first day that differs, when both runs are sessions with that day.
 * @param coordinator called only when bars are compared @param onProgress gets the share of compared pairs, 0 to 1
 */
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
  // The hours of the two days may differ: read the bars that either day can have.
  const from = day.a.open < day.b.open ? day.a.open : day.b.open;
  const to = day.a.close > day.b.close ? day.a.close : day.b.close;
  const onPair = (done: number, pair: string): void => onProgress(done, `${day.date} ${pair}`);
  return { equalDays, day, bar: await firstBarThatDiffers(a, b, { from, to }, await coordinator(), onPair) };
}

/** Compares the bars in the range of every symbol and interval of either run. */
async function firstBarThatDiffers(
  a: Run,
  b: Run,
  range: { from: string; to: string },
  client: CoordinatorClient,
  onPair: (done: number, pair: string) => void,
): Promise<PlacedDifference | undefined> {
  const symbols = [...new Set([a, b].flatMap((run) => run.session?.symbols ?? []))].sort();
  const intervals = [...new Set([...a.certificate.intervals, ...b.certificate.intervals])];
  const pairs = intervals.flatMap((interval) => symbols.map((symbol) => ({ interval, symbol })));
  const differences: PlacedDifference[] = [];
  let comparedPairs = 0;
  // All calls of comparePairs run at once and take their pairs from this iterator.
  const nextPairs = pairs.values();
  const comparePairs = async (): Promise<void> => {
    for (const { interval, symbol } of nextPairs) {
      const read = (run: Run): Promise<BarAnswer[]> => barsOf(client, run, symbol, { interval, ...range });
      const [barsOfA, barsOfB] = await Promise.all([read(a), read(b)]);
      const isSame = (one: BarAnswer, other: BarAnswer) => JSON.stringify(one.raw) === JSON.stringify(other.raw);
      const found = firstDifference(barsOfA, barsOfB, isSame);
      if (found) differences.push({ symbol, interval, ...found });
      onPair(++comparedPairs / pairs.length, `${symbol} ${interval}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, comparePairs));
  return differences.sort(byPlace)[0];
}

/** The bars of one symbol in the range; empty for a symbol or an interval that the session does not have. */
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

/** The first date on which the digests differ or only one run has a day; undefined when all days are equal. */
export function firstDayThatDiffers(a: readonly CertifiedDay[], b: readonly CertifiedDay[]): DayDifference | undefined {
  const byDate = (days: readonly CertifiedDay[]) => new Map(days.map((day) => [day.date, day]));
  const [daysOfA, daysOfB] = [byDate(a), byDate(b)];
  const dates = [...new Set([...daysOfA.keys(), ...daysOfB.keys()])].sort();
  const differs = (date: string): boolean => daysOfA.get(date)?.digest !== daysOfB.get(date)?.digest;
  const date = dates.find(differs);
  return date === undefined ? undefined : { date, a: daysOfA.get(date), b: daysOfB.get(date) };
}

/** Orders differences by time, then by interval (shorter first), then by symbol. */
export function byPlace(one: PlacedDifference, other: PlacedDifference): number {
  const order = (a: string, b: string): number => Number(a > b) - Number(a < b);
  const lengthDifference = parseInterval(one.interval).ms - parseInterval(other.interval).ms;
  return order(one.openTime, other.openTime) || lengthDifference || order(one.symbol, other.symbol);
}

/** The consumers whose names are in both runs; `equal` means that both got the same bars at the same simulated times. */
export function sameConsumers(
  a: readonly CertifiedConsumer[],
  b: readonly CertifiedConsumer[],
): { name: string; equal: boolean }[] {
  const hashes = new Map(b.map(({ name, deliveredHash }) => [name, deliveredHash]));
  const both = a.filter(({ name }) => hashes.has(name));
  return both.map(({ name, deliveredHash }) => ({ name, equal: hashes.get(name) === deliveredHash }));
}
