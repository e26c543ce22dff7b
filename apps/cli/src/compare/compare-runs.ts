/**
 * Compares two runs: first the days of their certificates, then the bars of the first day that differs. A certificate
 * file has no bars, so a comparison with a file finds the day only.
 */
import {
  type BarAnswer,
  readCertificate,
  type Certificate,
  ApiProblemError,
  type CoordinatorClient,
} from '@barkeep/client';
import { firstDifference } from '@barkeep/bars';
import { readFile } from 'node:fs/promises';
import { expecting } from '../terminal/index.js';
import { earlier, firstDayThatDiffers, type DayDifference, type PlacedDifference } from './differences.js';

/** One side of a comparison. */
export interface Run {
  /** The name that the user gave. */
  name: string;
  certificate: Certificate;
  /** Undefined for a file. */
  session: { id: string; symbols: readonly string[] } | undefined;
}

/** The result. The two runs are equal when `day` is undefined. */
export interface Comparison {
  /** Number of equal days before the first difference. */
  equalDays: number;
  day?: DayDifference;
  /** Undefined when only certificates were compared, or when all visible fields of the bars are equal. */
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
  const work = intervals.flatMap((interval) => symbols.map((symbol) => ({ interval, symbol })));
  const { open, close } = day.a;
  let bar: PlacedDifference | undefined;
  let done = 0;
  await eachOf(work, async ({ interval, symbol }) => {
    const query = { interval, from: open, to: close };
    const read = (run: Run): Promise<BarAnswer[]> => barsOf(client, run, symbol, query);
    const [barsOfA, barsOfB] = await Promise.all([read(a), read(b)]);
    const found = firstDifference(barsOfA, barsOfB, isSameAnswer);
    if (found) bar = earlier(bar, { symbol, interval, ...found });
    onProgress(++done / work.length, `${day.date} ${symbol} ${interval}`);
  });
  return { equalDays, day, bar };
}

function isSameAnswer(a: BarAnswer, b: BarAnswer): boolean {
  return JSON.stringify(a.raw) === JSON.stringify(b.raw);
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

/** Processes a list with {@link AT_ONCE} items at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
