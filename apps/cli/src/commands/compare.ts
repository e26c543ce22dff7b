/** `barkeep compare`: says whether two runs have the same data, or where they first differ. */
import { readFile } from 'node:fs/promises';
import { type BarAnswer, type CoordinatorClient, readCertificate, SymbolNotFoundError } from '@barkeep/client';
import { errorText } from '@barkeep/service';
import { type Comparison, compareRuns, type Run, type RunSession, sameConsumers } from '../compare-runs.js';
import { BAR_HEAD, barCells, shortTime } from '../report/index.js';
import type { Context } from '../services/index.js';
import { CliError, EXIT, expecting, formatCount, printResult, table, withProgress } from '../terminal/index.js';
import { coordinatorCommand, type SessionOptions } from './command.js';

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
  coordinatorCommand('compare', 'say whether two runs have the same bars, or show the first bar that differs', EXAMPLES)
    .argument('<a>', 'a session, or a saved certificate')
    .argument('<b>', 'another session, or a saved certificate')
    .work((context, a: string, b: string, options: SessionOptions) =>
      compare(context, a, b, options).catch((error: unknown) => {
        throw new CliError(errorText(error), EXIT.notCompared, { cause: error });
      }),
    );

async function compare(context: Context, nameOfA: string, nameOfB: string, options: SessionOptions): Promise<number> {
  // At most one coordinator is opened, and none for two certificate files.
  let opened: Promise<CoordinatorClient> | undefined;
  const coordinator = () => (opened ??= context.existingCoordinator(options));
  const [a, b, diff] = await withProgress('compare', options.json, async (progress) => {
    const open = (name: string): Promise<Run> => {
      progress.update(0, `certificate of ${name}`);
      return openRun(name, coordinator);
    };
    const [runA, runB] = [await open(nameOfA), await open(nameOfB)];
    const hasDays = [runA, runB].some(({ certificate }) => certificate.days.length > 0);
    if (!hasDays)
      throw new CliError(`expected a finished day in ${nameOfA} or ${nameOfB}, was none: nothing to compare`);
    return [runA, runB, await compareRuns(runA, runB, progress.update)] as const;
  });
  const consumers = sameConsumers(a.certificate.consumers, b.certificate.consumers);
  const delivered = consumers.map(({ name, equal }) => `consumer ${name}: ${equal ? 'equal' : 'different'} deliveries`);
  printResult(options, { ...resultOf(a, b, diff), consumers }, () => [textOf(a, b, diff), ...delivered].join('\n'));
  return diff.day ? EXIT.failed : EXIT.ok;
}

/** Reads the certificate file `name`, or the certificate of the session `name` when no such file exists. @throws CliError */
async function openRun(name: string, coordinator: () => Promise<CoordinatorClient>): Promise<Run> {
  const file = await readFile(name, 'utf8').catch(() => undefined);
  if (file !== undefined) {
    const json = await expecting(`expected a certificate in ${name}`, () => JSON.parse(file) as unknown);
    return { name, certificate: readCertificate(json) };
  }
  const client = await coordinator();
  const certificate = await client.certificate(name);
  const { symbols } = await client.session(name);
  const bars: RunSession['bars'] = async (symbol, query) => {
    if (!symbols.includes(symbol) || !certificate.intervals.includes(query.interval)) return [];
    return client.bars(name, symbol, query).catch((error: unknown) => {
      if (error instanceof SymbolNotFoundError) return []; // it was removed since
      throw error;
    });
  };
  return { name, certificate, session: { symbols, bars } };
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
  if (!bar) {
    return `different: ${day.date}${before}, in the dataset that bars come from; all prices and volumes are equal`;
  }
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
